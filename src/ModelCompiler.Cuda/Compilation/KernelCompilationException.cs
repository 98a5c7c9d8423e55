using System.Collections.Immutable;
using System.Text;
using ModelCompiler.Core;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>A kernel does not compile. The message holds the first errors with the source around them, and the log.</summary>
public sealed class KernelCompilationException : Exception
{
    private const int MostExcerpts = 5;

    /// <summary>Creates the exception.</summary>
    /// <param name="source">The kernel.</param>
    /// <param name="arch">Architecture that it was compiled for.</param>
    /// <param name="reason">What is wrong, in one sentence without a full stop.</param>
    /// <param name="log">The whole log.</param>
    /// <param name="headers">Headers that the errors may lie in.</param>
    public KernelCompilationException(
        KernelSource source, GpuArch arch, string reason, string log, KernelHeaders headers)
        : this(source, arch, reason, log, headers, KernelDiagnostic.Parse(log))
    {
    }

    private KernelCompilationException(
        KernelSource source, GpuArch arch, string reason, string log, KernelHeaders headers,
        ImmutableArray<KernelDiagnostic> diagnostics)
        : base(Describe(source, arch, reason, log, headers, diagnostics))
    {
        KernelName = source.Name;
        Arch = arch;
        Log = log;
        Diagnostics = diagnostics;
    }

    /// <summary>Name of the kernel.</summary>
    public string KernelName { get; }

    /// <summary>Architecture that it was compiled for.</summary>
    public GpuArch Arch { get; }

    /// <summary>Log of the compiler.</summary>
    public string Log { get; }

    /// <summary>Those messages of the log that name a place in the source.</summary>
    public ImmutableArray<KernelDiagnostic> Diagnostics { get; }

    private static string Describe(
        KernelSource source, GpuArch arch, string reason, string log, KernelHeaders headers,
        ImmutableArray<KernelDiagnostic> diagnostics)
    {
        var text = new StringBuilder($"Kernel '{source.Name}' for {arch.Name()}: {reason}.");
        foreach (KernelDiagnostic error in diagnostics.Where(diagnostic => diagnostic.IsError).Take(MostExcerpts))
        {
            text.Append('\n').Append(error);
            string? file = error.File == source.FileName ? source.Text : headers.Find(error.File);
            if (file is not null)
                text.Append('\n').Append(error.Excerpt(file).TrimEnd('\n'));
        }

        if (log.Length > 0)
            text.Append("\nCompiler log:\n").Append(log);
        return text.ToString();
    }
}

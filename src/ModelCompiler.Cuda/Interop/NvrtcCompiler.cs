using System.Collections.Immutable;
using System.Text;

namespace ModelCompiler.Cuda.Interop;

/// <summary>What NVRTC made of one program.</summary>
/// <param name="Cubin">The ELF image (for a virtual architecture the PTX text, with its closing zero), or null where the source or an option is wrong.</param>
/// <param name="Log">The log of the compiler and of ptxas, without the closing zero.</param>
/// <param name="Result">Success, or the kind of error.</param>
public sealed record NvrtcCompilation(byte[]? Cubin, string Log, NvrtcResult Result);

/// <summary>
/// NVIDIA's run-time compiler. It needs neither a GPU nor a driver nor a CUDA toolkit.
/// </summary>
/// <remarks>Any thread may call any member; programs are compiled independently of each other.</remarks>
public sealed unsafe class NvrtcCompiler
{
    private static readonly Lazy<NvrtcCompiler> Instance = new(() => new NvrtcCompiler(NvrtcLibrary.Shared));

    private NvrtcCompiler(NvrtcLibrary library)
    {
        Version = library.Version;
        Location = library.Location;
        Check(nameof(NvrtcNative.nvrtcGetNumSupportedArchs), NvrtcNative.nvrtcGetNumSupportedArchs(out int count));
        int[] architectures = new int[count];
        fixed (int* first = architectures)
            Check(nameof(NvrtcNative.nvrtcGetSupportedArchs), NvrtcNative.nvrtcGetSupportedArchs(first));
        SupportedArchitectures = [.. architectures];
    }

    /// <summary>The first version that keeps what it compiled, and has an option not to.</summary>
    private static NvrtcVersion FirstWithCache { get; } = new(12, 9);

    /// <summary>Version of the library.</summary>
    public NvrtcVersion Version { get; }

    /// <summary>Full path of the library, or the name under which the system's loader found it.</summary>
    public string Location { get; }

    /// <summary>Ten times each compute capability that this version compiles for, ascending: 50, 52, ... 90.</summary>
    public ImmutableArray<int> SupportedArchitectures { get; }

    /// <summary>The compiler of this process. The search runs once; later calls repeat its result or its error.</summary>
    /// <exception cref="NvrtcNotFoundException">No usable library is on this machine; the message lists what was tried.</exception>
    public static NvrtcCompiler Load() => Instance.Value;

    /// <summary>True where this version compiles for <paramref name="arch"/>.</summary>
    public bool Supports(GpuArch arch) => SupportedArchitectures.Contains((int)arch);

    /// <summary>Compiles one program to a cubin.</summary>
    /// <param name="fileName">Name of the program in messages, such as <c>gemm.cu</c>.</param>
    /// <param name="source">CUDA C++ text.</param>
    /// <param name="headers">Text of every header that may be included, by the name in the include line.</param>
    /// <param name="options">Command-line options; an architecture must be among them: <c>sm_80</c> for a cubin, <c>compute_80</c> for PTX.</param>
    /// <returns>The cubin, or the log of what is wrong with the source or an option.</returns>
    /// <exception cref="NvrtcException">The compiler failed for another reason than source or options.</exception>
    public NvrtcCompilation Compile(
        string fileName, string source, IReadOnlyCollection<KeyValuePair<string, string>> headers, IEnumerable<string> options)
    {
        // NVRTC's own cache gives cubins without ptxas's report, and holds what this project's cache holds already.
        string[] optionArray = Version.CompareTo(FirstWithCache) >= 0 ? [.. options, "--no-cache"] : [.. options];
        bool isVirtual = optionArray.Any(option => option.StartsWith("--gpu-architecture=compute_", StringComparison.Ordinal));
        NvrtcResult created = NvrtcNative.nvrtcCreateProgram(
            out NvrtcProgramHandle program, source, fileName, headers.Count,
            headers.Select(header => header.Value).ToArray(), headers.Select(header => header.Key).ToArray());
        using (program)
        {
            Check(nameof(NvrtcNative.nvrtcCreateProgram), created);
            NvrtcResult result = NvrtcNative.nvrtcCompileProgram(program, optionArray.Length, optionArray);
            string log = Log(program);
            return result switch
            {
                NvrtcResult.Success => new NvrtcCompilation(isVirtual ? Ptx(program) : Cubin(program), log, result),
                NvrtcResult.Compilation or NvrtcResult.InvalidOption => new NvrtcCompilation(null, log, result),
                _ => throw new NvrtcException(
                    nameof(NvrtcNative.nvrtcCompileProgram), result, $"compiling {fileName} with NVRTC {Version} of {Location}: {log}"),
            };
        }
    }

    private static string Log(NvrtcProgramHandle program)
    {
        Check(nameof(NvrtcNative.nvrtcGetProgramLogSize), NvrtcNative.nvrtcGetProgramLogSize(program, out nuint size));
        byte[] log = new byte[checked((int)size)];
        fixed (byte* first = log)
            Check(nameof(NvrtcNative.nvrtcGetProgramLog), NvrtcNative.nvrtcGetProgramLog(program, first));
        return Encoding.UTF8.GetString(log).TrimEnd('\0', '\n');
    }

    private static byte[] Cubin(NvrtcProgramHandle program)
    {
        Check(nameof(NvrtcNative.nvrtcGetCUBINSize), NvrtcNative.nvrtcGetCUBINSize(program, out nuint size));
        byte[] cubin = new byte[checked((int)size)];
        fixed (byte* first = cubin)
            Check(nameof(NvrtcNative.nvrtcGetCUBIN), NvrtcNative.nvrtcGetCUBIN(program, first));
        return cubin;
    }

    private static byte[] Ptx(NvrtcProgramHandle program)
    {
        Check(nameof(NvrtcNative.nvrtcGetPTXSize), NvrtcNative.nvrtcGetPTXSize(program, out nuint size));
        byte[] ptx = new byte[checked((int)size)];
        fixed (byte* first = ptx)
            Check(nameof(NvrtcNative.nvrtcGetPTX), NvrtcNative.nvrtcGetPTX(program, first));
        return ptx;
    }

    private static void Check(string function, NvrtcResult result)
    {
        if (result != NvrtcResult.Success)
            throw new NvrtcException(function, result, "NVRTC gave no other detail.");
    }
}

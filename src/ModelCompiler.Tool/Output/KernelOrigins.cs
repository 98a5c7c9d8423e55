using System.Collections.Concurrent;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Output;

/// <summary>Counts where the kernels of a run came from.</summary>
internal sealed class KernelOrigins : IProgress<KernelLoad>
{
    private readonly ConcurrentDictionary<KernelOrigin, int> _counts = [];

    /// <inheritdoc/>
    public void Report(KernelLoad value) => _counts.AddOrUpdate(value.Origin, 1, (_, count) => count + 1);

    /// <summary>Such as <c>12 Compiled, 340 Cache</c>.</summary>
    public override string ToString() => string.Join(", ", _counts.OrderBy(c => c.Key).Select(c => $"{c.Value} {c.Key}"));
}

using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>One node of a bucket's graph.</summary>
/// <param name="Kernel">What runs.</param>
/// <param name="Op">Index of the plan op that it belongs to, the last one where it does several.</param>
/// <param name="Scratch">Device buffer that carries fp32 rows between the two kernels of a split op, or null.</param>
/// <param name="Rendezvous">Offset of the kernel's rendezvous memory in that of the bucket; null where it has none.</param>
public sealed record KernelLaunch(KernelPlan Kernel, int Op, int? Scratch, int? Rendezvous)
{
    /// <summary>The first plan op that it does.</summary>
    public int FirstOp => Op - Kernel.Ops + 1;

    /// <summary>A launch without other memory that does the ops from <paramref name="firstOp"/> on.</summary>
    public static KernelLaunch From(int firstOp, KernelPlan kernel) => new(kernel, firstOp + kernel.Ops - 1, null, null);
}

/// <summary>A buffer in device memory: a plan buffer in the layout of the architecture, or scratch of a split op.</summary>
/// <param name="Name">What it holds.</param>
/// <param name="Rows">Row domain.</param>
/// <param name="RowBytes">Bytes of a row's elements.</param>
/// <param name="MetadataBytes">
/// Bytes of row metadata: scale, minimum and code sum of quantized rows, or the parts of the range of rows that their reader
/// quantizes.
/// </param>
/// <param name="FirstLaunch">Launch that writes it.</param>
/// <param name="LastLaunch">Last launch that reads it.</param>
public sealed record DeviceBuffer(string Name, RowDomain Rows, int RowBytes, int MetadataBytes, int FirstLaunch, int LastLaunch)
{
    /// <summary>Kernels may read whole tiles, so token rows are there up to a multiple of the tallest tile that does.</summary>
    private const int RowAlignment = 128;

    /// <summary>Rows that memory is taken for in a bucket. The batch's rows come first; what the others hold has no effect.</summary>
    public int RowsIn(int bucketTokens) => Rows == RowDomain.Tokens
        ? (bucketTokens + RowAlignment - 1) / RowAlignment * RowAlignment
        : ShapeSet.MaxSequences(bucketTokens);

    /// <summary>Byte offset of the row metadata: scales, minima, code sums, one array after the other; or [rows, parts].</summary>
    public long MetadataOffset(int bucketTokens) => Arena.Align((long)RowsIn(bucketTokens) * RowBytes);

    /// <summary>Bytes in a bucket, rounded up to the arena's alignment.</summary>
    public long Bytes(int bucketTokens) => MetadataOffset(bucketTokens) + Arena.Align((long)RowsIn(bucketTokens) * MetadataBytes);
}

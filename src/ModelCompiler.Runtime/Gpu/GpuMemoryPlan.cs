using System.Globalization;
using System.Text;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>What a session takes of device memory, known before anything is allocated.</summary>
/// <param name="WeightBytes">All weights, once.</param>
/// <param name="Buckets">Tokens and intermediate values of each bucket; a lane's arena is as large as the largest.</param>
/// <param name="RendezvousBytes">Where blocks of one kernel meet, of a lane.</param>
/// <param name="BatchBytes">Ids and sequence offsets of a lane.</param>
/// <param name="Lanes">Lanes.</param>
internal sealed record GpuMemoryPlan(long WeightBytes, IReadOnlyList<(int Tokens, long Bytes)> Buckets, long RendezvousBytes, long BatchBytes, int Lanes)
{
    /// <summary>Left to the driver for code, graphs and local memory.</summary>
    private const long Reserve = 64L << 20;

    /// <summary>Intermediate values of a lane.</summary>
    public long ArenaBytes => Buckets.Max(b => b.Bytes);

    /// <summary>Everything.</summary>
    public long Total => WeightBytes + Lanes * (ArenaBytes + RendezvousBytes + BatchBytes) + Reserve;

    /// <summary>The plan of a target.</summary>
    public static GpuMemoryPlan For(TargetPlan target, long weightBytes, int lanes) => new(
        weightBytes,
        [.. target.AllBuckets.GroupBy(b => b.Tokens).Select(b => (b.Key, b.Max(plan => plan.Arena.PeakBytes)))],
        // An allocation is never empty.
        Math.Max(Arena.Alignment, target.AllBuckets.Max(b => b.RendezvousBytes)),
        BatchLayout.For(target.Buckets.Max(b => b.Tokens)).Bytes,
        lanes);

    /// <summary>Refuses before anything is allocated.</summary>
    /// <exception cref="GpuMemoryException">Free memory does not suffice.</exception>
    public void Require(string name, CudaContext context)
    {
        (long free, _) = context.Memory();
        if (Total > free)
            throw Error(name, context.Info, free, null);
    }

    /// <summary>The table as an error.</summary>
    public GpuMemoryException Error(string name, CudaDeviceInfo gpu, long free, Exception? inner)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{name}: expected at least {Mebibytes(Total)} of free memory on {gpu}, found {Mebibytes(free)}:\n");
        text.Append(CultureInfo.InvariantCulture, $"  weights                              {Mebibytes(WeightBytes),14}\n");
        foreach ((int tokens, long bytes) in Buckets)
            text.Append(CultureInfo.InvariantCulture, $"  intermediate values, {tokens,9} tokens  {Mebibytes(bytes),14}\n");
        text.Append(CultureInfo.InvariantCulture, $"  rendezvous of blocks, each lane      {Mebibytes(RendezvousBytes),14}\n");
        text.Append(CultureInfo.InvariantCulture, $"  batch, each lane                     {Mebibytes(BatchBytes),14}\n");
        text.Append(CultureInfo.InvariantCulture, $"  lanes, largest bucket each           {Lanes,14}\n");
        text.Append(CultureInfo.InvariantCulture, $"  reserve for code and graphs          {Mebibytes(Reserve),14}\n");
        text.Append("Take fewer lanes (EncoderOptions.Lanes) or smaller buckets ([Shapes]).");
        return new(text.ToString(), Total, free, inner);
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}

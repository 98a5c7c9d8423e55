namespace ModelCompiler.Core.Scheduling;

/// <summary>Where the buffers of a bucket lie in one allocation: buffers whose lifetimes do not meet share bytes.</summary>
/// <param name="Offsets">Byte offset of each device buffer, a multiple of <see cref="Alignment"/>.</param>
/// <param name="PeakBytes">Size of the allocation.</param>
public sealed record Arena(EquatableArray<long> Offsets, long PeakBytes)
{
    /// <summary>Alignment of every buffer in bytes: two 128-byte lines, enough for TMA and vector accesses.</summary>
    public const int Alignment = 256;

    /// <summary>Rounds up to the alignment.</summary>
    public static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>
    /// Places large buffers first, each at the lowest offset that is free during its lifetime (greedy by size, Pisarchyk
    /// and Lee, 'Efficient Memory Management for Deep Neural Net Inference', 2020).
    /// </summary>
    public static Arena Place(EquatableArray<DeviceBuffer> buffers, int bucketTokens)
    {
        var offsets = new long[buffers.Count];
        var placed = new List<int>(buffers.Count);
        long peak = 0;
        foreach (int index in Enumerable.Range(0, buffers.Count).OrderByDescending(i => buffers[i].Bytes(bucketTokens)).ThenBy(i => i))
        {
            DeviceBuffer buffer = buffers[index];
            long size = buffer.Bytes(bucketTokens), offset = 0;
            foreach (int other in placed.Where(p => Meet(buffers[p], buffer)).OrderBy(p => offsets[p]))
            {
                if (offset + size <= offsets[other])
                    break;
                offset = Math.Max(offset, offsets[other] + buffers[other].Bytes(bucketTokens));
            }

            offsets[index] = offset;
            placed.Add(index);
            peak = Math.Max(peak, offset + size);
        }

        return new(new(offsets), peak);
    }

    private static bool Meet(DeviceBuffer a, DeviceBuffer b) => a.FirstLaunch <= b.LastLaunch && b.FirstLaunch <= a.LastLaunch;
}

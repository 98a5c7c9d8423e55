namespace ModelCompiler.Training.Data;

/// <summary>The order in which examples are seen: batches of similar length, in random order, from a seed alone.</summary>
public static class BatchOrder
{
    /// <summary>Tokens by which lengths are blurred before examples are sorted, so that batches differ from epoch to epoch.</summary>
    private const double LengthNoise = 4;

    /// <summary>Batches of one epoch; the last example's batch may be smaller.</summary>
    /// <param name="data">The training data.</param>
    /// <param name="batch">Examples of a batch.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="epoch">Epoch from 0.</param>
    public static int[][] Training(TokenizedData data, int batch, int seed, int epoch)
    {
        var random = new SeededRandom(seed, epoch, 1);
        var keys = new double[data.Count];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = data.LengthOf(i) + LengthNoise * random.NextDouble();
        int[] order = [.. Enumerable.Range(0, data.Count)];
        Array.Sort(keys, order);
        int[][] batches = [.. order.Chunk(batch)];
        random.Shuffle<int[]>(batches);
        return batches;
    }

    /// <summary>Batches of all examples by length, for evaluation.</summary>
    public static int[][] Evaluation(TokenizedData data, int batch) =>
        [.. Enumerable.Range(0, data.Count).OrderBy(data.LengthOf).Chunk(batch)];
}

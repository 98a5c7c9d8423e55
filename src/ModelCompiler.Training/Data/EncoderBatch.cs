namespace ModelCompiler.Training.Data;

/// <summary>
/// Padded examples on a device. Totals are those of the whole optimizer step, so that losses of parts of a batch, which
/// are sums over rows or tokens divided by them, add up to the loss of the batch.
/// </summary>
public sealed class EncoderBatch : IDisposable
{
    private EncoderBatch()
    {
    }

    /// <summary>Token ids, int64 [B, L]; some replaced where word dropout is on.</summary>
    public required Tensor Ids { get; init; }

    /// <summary>Token ids as they are in the data, int64 [B, L]: what teachers see.</summary>
    public required Tensor CleanIds { get; init; }

    /// <summary>Token types, int64 [B, L].</summary>
    public required Tensor Types { get; init; }

    /// <summary>1 at tokens and 0 at padding, fp32 [B, L].</summary>
    public required Tensor Mask { get; init; }

    /// <summary>Labels, int64 [B].</summary>
    public required Tensor Labels { get; init; }

    /// <summary>Examples B of this part.</summary>
    public required int Rows { get; init; }

    /// <summary>Examples of the optimizer step.</summary>
    public required long TotalRows { get; init; }

    /// <summary>Tokens of the optimizer step, Σ l.</summary>
    public required long TotalTokens { get; init; }

    /// <summary>Pairs of tokens of the optimizer step, Σ l².</summary>
    public required long TotalPairs { get; init; }

    /// <summary>Pads examples to the longest of them.</summary>
    /// <param name="data">Where they are.</param>
    /// <param name="part">Their indices.</param>
    /// <param name="whole">Indices of all examples of the optimizer step, these among them.</param>
    /// <param name="padding">Id of the padding token.</param>
    /// <param name="device">Where the tensors go.</param>
    /// <param name="noise">Word dropout; null for none.</param>
    public static EncoderBatch Of(
        TokenizedData data, ReadOnlySpan<int> part, ReadOnlySpan<int> whole, int padding, torch.Device device, WordDropout.Stream? noise = null)
    {
        int rows = part.Length, longest = 0;
        foreach (int example in part)
            longest = Math.Max(longest, data.LengthOf(example));
        var ids = new long[rows * longest];
        var types = new long[rows * longest];
        var mask = new float[rows * longest];
        var labels = new long[rows];
        Array.Fill(ids, padding);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<int> tokens = data.IdsOf(part[row]);
            ReadOnlySpan<byte> kinds = data.TypesOf(part[row]);
            for (int i = 0; i < tokens.Length; i++)
            {
                ids[row * longest + i] = tokens[i];
                types[row * longest + i] = kinds[i];
                mask[row * longest + i] = 1;
            }

            labels[row] = data.Labels[part[row]];
        }

        long totalTokens = 0, pairs = 0;
        foreach (int example in whole)
        {
            long length = data.LengthOf(example);
            totalTokens += length;
            pairs += length * length;
        }

        long[] shape = [rows, longest];
        Tensor clean = torch.tensor(ids, shape, torch.int64, device);
        return new()
        {
            Ids = noise is null ? clean : torch.tensor(noise.Apply(ids), shape, torch.int64, device),
            CleanIds = clean,
            Types = torch.tensor(types, shape, torch.int64, device),
            Mask = torch.tensor(mask, shape, torch.float32, device),
            Labels = torch.tensor(labels, [(long)rows], torch.int64, device),
            Rows = rows,
            TotalRows = whole.Length,
            TotalTokens = totalTokens,
            TotalPairs = pairs,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Ids.Dispose();
        if (!ReferenceEquals(Ids, CleanIds))
            CleanIds.Dispose();
        Types.Dispose();
        Mask.Dispose();
        Labels.Dispose();
    }
}

using ModelCompiler.Core.Spec;

namespace ModelCompiler.Conformance;

/// <summary>Both results of one run.</summary>
/// <param name="Output">[tokens or sequences, output columns].</param>
/// <param name="Hidden">[tokens, H].</param>
internal sealed record ConformanceOutputs(float[] Output, float[] Hidden)
{
    /// <summary>Runs a batch into buffers full of NaN, so that a value that is not written shows.</summary>
    public static ConformanceOutputs Run(IConformanceExecutor executor, EncoderModel model, ConformanceBatch batch)
    {
        var output = new float[(model.OutputPerToken ? batch.Ids.Length : batch.Lengths.Length) * model.OutputColumns];
        var hidden = new float[batch.Ids.Length * model.HiddenSize];
        Array.Fill(output, float.NaN);
        Array.Fill(hidden, float.NaN);
        executor.Run(batch.Ids, batch.Types, batch.Lengths, output, hidden);
        return new(output, hidden);
    }

    /// <summary>The rows of some sequences of the batch that was run, in this order.</summary>
    public ConformanceOutputs Select(EncoderModel model, ConformanceBatch batch, int[] sequences)
    {
        int[] starts = batch.Starts();
        float[] Rows(float[] values, int columns, bool perToken) =>
        [
            .. sequences.SelectMany(s => values.AsSpan((perToken ? starts[s] : s) * columns, (perToken ? batch.Lengths[s] : 1) * columns).ToArray()),
        ];
        return new(Rows(Output, model.OutputColumns, model.OutputPerToken), Rows(Hidden, model.HiddenSize, perToken: true));
    }

    /// <summary>True where every bit is equal.</summary>
    public bool SameBits(ConformanceOutputs other) => SameBits(Output, other.Output) && SameBits(Hidden, other.Hidden);

    private static bool SameBits(float[] left, float[] right) =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(left).SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(right));
}

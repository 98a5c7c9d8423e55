namespace ModelCompiler.Conformance.Tests;

/// <summary>What a <see cref="WrongExecutor"/> does to right results.</summary>
public enum Fault
{
    /// <summary>Adds one to a single value of the output.</summary>
    OneOutputValue,

    /// <summary>Scales a single row of the hidden state by 1.5.</summary>
    OneHiddenRow,

    /// <summary>Leaves the last value of the hidden state as it was.</summary>
    NotWritten,

    /// <summary>Exchanges the first two rows of the output.</summary>
    SwappedRows,

    /// <summary>Lets the ids of the whole batch into every row, below the bounds.</summary>
    LeakingNeighbours,

    /// <summary>Gives other low bits in each call.</summary>
    OtherBitsEachCall,

    /// <summary>Right for the first call alone, as an executor is that keeps an earlier batch.</summary>
    WrongAfterFirstCall,

    /// <summary>Throws.</summary>
    Throws,
}

/// <summary>The CPU executor with one fault.</summary>
internal sealed class WrongExecutor(Fault fault, ConformanceCase given, IConformanceExecutor right) : IConformanceExecutor
{
    private int _calls;

    public string Name => $"wrong: {fault}";

    public void Run(ReadOnlySpan<int> ids, ReadOnlySpan<int> types, ReadOnlySpan<int> lengths, Span<float> output, Span<float> hidden)
    {
        right.Run(ids, types, lengths, output, hidden);
        _calls++;
        switch (fault)
        {
            case Fault.OneOutputValue:
                output[^1] += 1;
                break;
            case Fault.OneHiddenRow:
                foreach (ref float value in hidden[..given.Model.HiddenSize])
                    value *= 1.5f;
                break;
            case Fault.NotWritten:
                hidden[^1] = float.NaN;
                break;
            case Fault.SwappedRows when output.Length > given.Model.OutputColumns:
                float[] first = output[..given.Model.OutputColumns].ToArray();
                output.Slice(given.Model.OutputColumns, first.Length).CopyTo(output);
                first.CopyTo(output[first.Length..]);
                break;
            case Fault.LeakingNeighbours:
                int sum = 0;
                foreach (int id in ids)
                    sum += id;
                Shift(hidden, sum);
                break;
            case Fault.OtherBitsEachCall:
                Shift(output, _calls);
                break;
            case Fault.WrongAfterFirstCall when _calls > 1:
                Shift(hidden, 100_000);
                break;
            case Fault.Throws:
                throw new InvalidOperationException("the device was lost");
        }
    }

    public void Dispose() => right.Dispose();

    private static void Shift(Span<float> values, int steps)
    {
        foreach (ref float value in values)
            value *= 1 + steps * 1.2e-7f;
    }
}

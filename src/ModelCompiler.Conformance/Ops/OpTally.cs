using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Conformance.Ops;

/// <summary>Adds up how far the results of a kind of op are from the reference's.</summary>
internal sealed class OpTally(OpKind kind)
{
    private double _difference, _norm;

    /// <summary>What is counted.</summary>
    public OpKind Kind => kind;

    /// <summary>Results compared.</summary>
    public int Ops { get; private set; }

    /// <summary>Values or codes compared.</summary>
    public long Elements { get; private set; }

    /// <summary>Those that are not the reference's, bit for bit.</summary>
    public long Different { get; private set; }

    /// <summary>Codes more than one step from the reference's, and values that are not finite.</summary>
    public long Wrong { get; private set; }

    /// <summary>Relative L2 error of values, or of the scales of codes, over all results.</summary>
    public double Error => _norm == 0 ? Math.Sqrt(_difference) : Math.Sqrt(_difference / _norm);

    /// <summary>Share of elements that are not the reference's.</summary>
    public double DifferentShare => Elements == 0 ? 0 : (double)Different / Elements;

    /// <summary>True where the bound holds. A tie of few codes is more than its share: one code may always be at a tie.</summary>
    public bool Passed => Ops > 0 && Wrong == 0 && Error <= kind.Bound.Error && (!IsCodes || Different <= Math.Max(1, Elements * kind.Bound.CodesOffByOne));

    private bool IsCodes { get; set; }

    /// <summary>Counts one result.</summary>
    public void Add(BufferValues found, BufferValues expected)
    {
        Ops++;
        IsCodes = expected.IsCodes;
        if (expected.IsCodes)
            AddCodes(found.Codes, expected.Codes);
        else
            AddValues(found.Values, expected.Values, countElements: true);
        AddValues(found.Scales, expected.Scales, countElements: false);
        AddValues(found.Minimums, expected.Minimums, countElements: false);
    }

    private void AddCodes(short[] found, short[] expected)
    {
        Elements += expected.Length;
        for (int i = 0; i < expected.Length; i++)
        {
            int distance = Math.Abs(found[i] - expected[i]);
            Different += distance > 0 ? 1 : 0;
            Wrong += distance > 1 ? 1 : 0;
        }
    }

    private void AddValues(float[] found, float[] expected, bool countElements)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = (double)found[i] - expected[i];
            Wrong += double.IsFinite(difference) ? 0 : 1;
            _difference += difference * difference;
            _norm += (double)expected[i] * expected[i];
            if (countElements)
                Different += found[i] == expected[i] ? 0 : 1;
        }

        Elements += countElements ? expected.Length : 0;
    }
}

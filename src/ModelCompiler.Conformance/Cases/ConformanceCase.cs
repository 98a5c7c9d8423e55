using ModelCompiler.Core.Spec;

namespace ModelCompiler.Conformance;

/// <summary>One model in one precision, and the batch that two executors are compared on.</summary>
/// <param name="Name">Unique in the suite, such as <c>sample-w4a8-g64-t127</c>; weights and tokens are made from it.</param>
/// <param name="Model">Dimensions, family and head.</param>
/// <param name="Scheme">Precision of the linear parts.</param>
/// <param name="Shapes">Token buckets and longest sequence, as a generated class would declare them.</param>
/// <param name="SequenceLengths">[sequences] tokens of each sequence.</param>
public sealed record ConformanceCase(string Name, EncoderModel Model, QuantizationScheme Scheme, ShapeSet Shapes, int[] SequenceLengths)
{
    /// <summary>Tokens of the batch.</summary>
    public int Tokens => SequenceLengths.Sum();

    /// <summary>True where no linear part has quantized activations, so that no code can fall to another side.</summary>
    public bool HasFloatActivations => QuantizationScheme.Parts.All(part => !Scheme[part].IsInteger);

    /// <summary>True where a linear part has activations of 4 bits.</summary>
    public bool HasFourBitActivations => QuantizationScheme.Parts.Any(part => Scheme[part].Activations.Bits == 4);

    /// <summary>
    /// Greatest relative L2 error of output and hidden state; docs/numerics.md, bounds. Activations of 4 bits keep it on
    /// all but the worst eighth of the rows: one code that falls to its neighbour moves a whole row by more.
    /// </summary>
    public double Bound => HasFloatActivations ? 5e-3 : 1e-2;

    /// <summary>Greatest relative L2 error over all rows: <see cref="Bound"/>, and for activations of 4 bits what a few moved rows come to.</summary>
    public double OverallBound => HasFourBitActivations ? 5e-2 : Bound;

    /// <summary>
    /// Greatest relative L2 error of any one row. Quantized activations may have every code of a row at its neighbour's,
    /// which is what their quantization noise comes to; a row that was mixed up or not computed is beyond 1.
    /// </summary>
    public double RowBound => HasFloatActivations ? Bound : HasFourBitActivations ? 0.5 : 3e-2;

    /// <summary>The same number for the same name in every process.</summary>
    public int Seed
    {
        get
        {
            uint hash = 2166136261;
            foreach (char c in Name)
                hash = (hash ^ c) * 16777619;
            return (int)(hash & int.MaxValue);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

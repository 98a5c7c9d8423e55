namespace ModelCompiler.Core.Work;

/// <summary>A batch of sequences of one length, without padding.</summary>
/// <param name="Sequences">Number of sequences.</param>
/// <param name="Length">Tokens of each.</param>
public readonly record struct BatchShape(int Sequences, int Length)
{
    /// <summary>Tokens in all.</summary>
    public int Tokens => Sequences * Length;

    /// <inheritdoc/>
    public override string ToString() => $"{Sequences} x {Length}";
}

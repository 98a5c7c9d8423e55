namespace ModelCompiler.Conformance;

/// <summary>How far one kind of op is from the CPU executor where both have the same operands, over all cases.</summary>
/// <param name="Op">What computes.</param>
/// <param name="Result">What is stored: <c>f16</c>, <c>f32</c> or the format of codes.</param>
/// <param name="Ops">Results compared.</param>
/// <param name="Elements">Values or codes compared.</param>
/// <param name="Different">Those that are not bit for bit the reference's.</param>
/// <param name="Wrong">Codes more than one step off, and values that are not finite.</param>
/// <param name="Error">Relative L2 error of values, or of the scales of codes.</param>
/// <param name="ErrorBound">Greatest error allowed.</param>
/// <param name="CodesBound">Greatest share of codes allowed to be one step off.</param>
/// <param name="Passed">True where every bound holds.</param>
public sealed record OpResult(
    string Op, string Result, int Ops, long Elements, long Different, long Wrong, double Error, double ErrorBound, double CodesBound, bool Passed);

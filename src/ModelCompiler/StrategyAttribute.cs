namespace ModelCompiler;

/// <summary>
/// Lets each bucket run each linear part in the fastest precision that a tuning database knows, among those that are at
/// least as accurate as what <c>[Quantize]</c> declares. Results then depend, within that accuracy, on the bucket that a
/// batch falls into. Without a database, and on the CPU, everything runs as declared.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class StrategyAttribute : Attribute
{
}

namespace ModelCompiler.Runtime;

/// <summary>Where a session runs.</summary>
public readonly record struct Device
{
    /// <summary>The CPU executor, the reference for every other device.</summary>
    public static Device Cpu => default;

    /// <inheritdoc/>
    public override string ToString() => "cpu";
}

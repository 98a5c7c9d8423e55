namespace ModelCompiler;

/// <summary>Declares the GPU architectures that kernels are generated for.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class TargetsAttribute : Attribute
{
    /// <summary>Generates kernels for the given architectures.</summary>
    /// <param name="architectures">At least one.</param>
    public TargetsAttribute(params GpuArch[] architectures) => Architectures = architectures;

    /// <summary>The architectures.</summary>
    public GpuArch[] Architectures { get; }
}

namespace ModelCompiler.Cuda.Compilation;

/// <summary>CUDA C++ text of one kernel.</summary>
/// <param name="Name">
/// Name of the entry function, which the text must define as <c>extern "C" __global__</c>. Also the name of the program in
/// messages.
/// </param>
/// <param name="Text">The text. It includes headers by the names that <see cref="KernelHeaders"/> gives them.</param>
public sealed record KernelSource(string Name, string Text)
{
    /// <summary>Name of the program in the compiler's messages.</summary>
    public string FileName => Name + ".cu";

    /// <inheritdoc/>
    public override string ToString() => $"{FileName} ({Text.Length} characters)";
}

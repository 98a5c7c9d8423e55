namespace ModelCompiler;

/// <summary>What is promised of the zeros among weight codes, so that a kernel may leave them out.</summary>
public enum Sparsity
{
    /// <summary>Nothing.</summary>
    Dense = 0,

    /// <summary>
    /// Of four consecutive inputs of a row, starting at a multiple of four, at most two have a code other than zero. Tensor
    /// cores of Hopper multiply such weights without their zeros; other targets multiply the zeros, with the same result.
    /// </summary>
    TwoOfFour,
}

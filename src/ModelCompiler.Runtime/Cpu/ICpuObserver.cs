using ModelCompiler.Core.Planning;

namespace ModelCompiler.Runtime.Cpu;

/// <summary>Sees what enters each linear part: for calibration, for error reports and for conformance tests.</summary>
internal interface ICpuObserver
{
    /// <summary>Called once for each linear part and pass, before it is computed, on the calling thread.</summary>
    void OnLinear(LinearObservation observation);
}

/// <summary>The operands of a linear part in one pass.</summary>
internal readonly ref struct LinearObservation
{
    /// <summary>The op.</summary>
    public required LinearOp Op { get; init; }

    /// <summary>Tokens of this pass.</summary>
    public required int Tokens { get; init; }

    /// <summary>[tokens, K] input where activations are FP16, else empty.</summary>
    public ReadOnlySpan<float> Input { get; init; }

    /// <summary>[tokens, K] codes in their integer value where activations are quantized, else empty.</summary>
    public ReadOnlySpan<short> Codes { get; init; }

    /// <summary>[tokens] S of each row of codes.</summary>
    public ReadOnlySpan<float> Scales { get; init; }

    /// <summary>[tokens] minimum of each row of codes; zeros in the symmetric form.</summary>
    public ReadOnlySpan<float> Minimums { get; init; }

    /// <summary>[groups, tokens, N] accumulators Σ_k qA · qW, where activations are quantized.</summary>
    public ReadOnlySpan<int> Accumulators { get; init; }
}

namespace ModelCompiler.Core.Spec;

/// <summary>
/// The precisions in which weights that were made for one precision may be multiplied without becoming less accurate: the
/// partial strategies of Wu et al. (2023), section 4. Codes stay what they are; they are only held in more bits, or
/// dequantized.
/// </summary>
public static class AllowedPrecisions
{
    /// <summary>All of them, the given one first. Loading accepts a checkpoint of the given precision in each.</summary>
    public static EquatableArray<LinearPrecision> For(LinearPrecision made)
    {
        (WeightFormat weights, ActivationFormat activations) = (made.Weights, made.Activations);
        var allowed = new List<LinearPrecision> { made };
        if (activations.Bits < 8)
            allowed.Add(new(weights, Wide(activations)));
        // Int4 codes as int8 ones of the same value: nothing to widen in the kernel, twice the bytes.
        if (activations.IsQuantized && weights.Bits < 8)
            allowed.Add(new(weights with { Bits = 8 }, Wide(activations)));
        if (activations.IsQuantized && weights.Bits == 4)
            allowed.Add(new(weights with { Sparsity = Sparsity.Dense }, ActivationFormat.Float16));
        if (weights.IsQuantized)
            allowed.Add(LinearPrecision.Float16);
        return allowed.ToEquatableArray();
    }

    /// <summary>8 bits; a range that was calibrated for fewer has no meaning for them.</summary>
    private static ActivationFormat Wide(ActivationFormat format) =>
        format.Bits == 8 ? format : new(8, format.Symmetry, ActivationRange.PerToken);
}

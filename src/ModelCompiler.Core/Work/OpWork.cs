namespace ModelCompiler.Core.Work;

/// <summary>
/// What an op has to do for one batch, however it is implemented: multiply-adds by arithmetic, and bytes that must cross
/// into or out of the op, each counted once.
/// </summary>
/// <param name="IntegerMultiplyAdds">Multiply-adds on integer codes.</param>
/// <param name="HalfMultiplyAdds">Multiply-adds on FP16 operands on tensor cores.</param>
/// <param name="FloatMultiplyAdds">Multiply-adds in fp32 on general cores: the small dense layers of a head.</param>
/// <param name="WeightBytes">Weights, their scales, biases, norms and table rows.</param>
/// <param name="ReadBytes">Activations that are read, with row metadata.</param>
/// <param name="WrittenBytes">Activations that are written, with row metadata.</param>
public readonly record struct OpWork(
    long IntegerMultiplyAdds, long HalfMultiplyAdds, long FloatMultiplyAdds, long WeightBytes, long ReadBytes, long WrittenBytes)
{
    /// <summary>Activations in both directions.</summary>
    public long ActivationBytes => ReadBytes + WrittenBytes;

    /// <summary>All bytes.</summary>
    public long Bytes => WeightBytes + ActivationBytes;

    /// <summary>Work of two ops together.</summary>
    public static OpWork operator +(OpWork left, OpWork right) => new(
        left.IntegerMultiplyAdds + right.IntegerMultiplyAdds,
        left.HalfMultiplyAdds + right.HalfMultiplyAdds,
        left.FloatMultiplyAdds + right.FloatMultiplyAdds,
        left.WeightBytes + right.WeightBytes,
        left.ReadBytes + right.ReadBytes,
        left.WrittenBytes + right.WrittenBytes);
}

using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Binding;

/// <summary>FP16 weights, kept in floats: y = Σ_k x · w + bias.</summary>
internal sealed unsafe class FloatLinearWeights : LinearWeights
{
    private readonly PackedFloatMatrix _matrix;
    private readonly float* _bias;
    private readonly FloatPath _path = InstructionPaths.BestFloat;

    public FloatLinearWeights(float[] weights, float[] bias, int k)
        : base(bias.Length, k)
    {
        _matrix = Own(PackedFloatMatrix.Pack(weights, N, k));
        _bias = Columns(bias, groups: 1);
    }

    /// <inheritdoc/>
    public override int RowsPerTask => 128;

    /// <inheritdoc/>
    public override int ScratchLength(int rows) => 0;

    /// <inheritdoc/>
    public override void Multiply(in LinearInput input, int row, int rows, int block, int blocks, float* y, int stride, float* scratch)
    {
        FloatGemm.Multiply(input.Floats + (nint)row * K, K, rows, _matrix, block, blocks, 0, K, y, stride, _path);
        for (int m = 0; m < rows; m++)
            Elementwise.Add(y + (nint)m * stride, _bias + block * ColumnBlock, blocks * ColumnBlock);
    }
}

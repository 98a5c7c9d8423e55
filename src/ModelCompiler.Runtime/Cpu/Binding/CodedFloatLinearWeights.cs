using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Binding;

/// <summary>
/// Integer weights for FP16 activations (W4A16): codes enter the fp32 product as they are, the scale is applied behind
/// it, group by group in k order. y = Σ_g (Σ_k x · q) · sW[n, g] + loW[n, g] · Σ_k x, then + bias. One symmetric group:
/// y = fma(Σ_k x · q, sW[n], bias[n]).
/// </summary>
internal sealed unsafe class CodedFloatLinearWeights : LinearWeights
{
    private readonly PackedFloatMatrix _codes;
    private readonly float* _bias;
    private readonly float* _scale; // [groups, padded N]
    private readonly float* _lo; // [groups, padded N], or null
    private readonly int _groupSize;
    private readonly FloatPath _path = InstructionPaths.BestFloat;

    public CodedFloatLinearWeights(QuantizedMatrix matrix, float[] bias, int n, int k)
        : base(n, k)
    {
        _codes = Own(PackedFloatMatrix.Pack(Array.ConvertAll(matrix.Codes, code => (float)code), n, k));
        _groupSize = matrix.GroupSize;
        _bias = Columns(bias, groups: 1);
        _scale = Columns(matrix.Scales, k / _groupSize);
        _lo = matrix.Minimums is null ? null : Columns(matrix.Minimums, k / _groupSize);
    }

    /// <inheritdoc/>
    public override int RowsPerTask => 128;

    /// <inheritdoc/>
    public override int ScratchLength(int rows) => rows * ColumnBlock;

    /// <inheritdoc/>
    public override void Multiply(in LinearInput input, int row, int rows, int block, int blocks, float* y, int stride, float* scratch)
    {
        for (int b = block; b < block + blocks; b++)
        {
            int column = b * ColumnBlock;
            float* target = y + (nint)(b - block) * ColumnBlock;
            if (_groupSize == K && _lo == null)
            {
                FloatGemm.Multiply(input.Floats + (nint)row * K, K, rows, _codes, b, 1, 0, K, target, stride, _path);
                for (int m = 0; m < rows; m++)
                    LinearScaling.FloatActivations(target + (nint)m * stride, ColumnBlock, _scale + column, _bias + column);
                continue;
            }

            for (int m = 0; m < rows; m++)
                new Span<float>(target + (nint)m * stride, ColumnBlock).Clear();
            for (int group = 0; group < K / _groupSize; group++)
            {
                int first = group * _groupSize;
                nint constants = (nint)group * PaddedN + column;
                FloatGemm.Multiply(
                    input.Floats + (nint)row * K, K, rows, _codes, b, 1, first, _groupSize, scratch, ColumnBlock, _path);
                for (int m = 0; m < rows; m++)
                {
                    float sum = _lo == null ? 0 : Sum(input.Floats + (nint)(row + m) * K + first, _groupSize);
                    LinearScaling.AddGroup(
                        scratch + m * ColumnBlock, target + (nint)m * stride, ColumnBlock, _scale + constants, _lo == null ? null : _lo + constants, sum);
                }
            }

            for (int m = 0; m < rows; m++)
                Elementwise.Add(target + (nint)m * stride, _bias + column, ColumnBlock);
        }
    }

    /// <summary>Σ_k x in k order.</summary>
    private static float Sum(float* x, int count)
    {
        float sum = 0;
        for (int i = 0; i < count; i++)
            sum += x[i];
        return sum;
    }
}

using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Binding;

/// <summary>Integer weights for integer activations: exact int32 sums, then the formulas of <see cref="LinearScaling"/>.</summary>
internal sealed unsafe class IntegerLinearWeights : LinearWeights
{
    /// <summary>Column blocks whose accumulators are held at a time.</summary>
    private const int TileBlocks = 8;

    private const int PanelsPerBlock = ColumnBlock / PackedInt8Matrix.PanelColumns;

    private readonly PackedInt8Matrix _matrix;
    private readonly ColumnConstants _constants;
    private readonly bool _isAsymmetric;
    private readonly Int8Path _path = InstructionPaths.BestInt8;

    public IntegerLinearWeights(QuantizedMatrix matrix, float[] bias, int n, int k)
        : base(n, k)
    {
        _matrix = Own(PackedInt8Matrix.Pack(matrix.Codes, n, k, matrix.GroupSize == k ? 0 : matrix.GroupSize));
        _isAsymmetric = matrix.Minimums is not null;
        int groups = _matrix.Groups;
        _constants = new(
            Columns(matrix.Scales, groups), Columns(ColumnTerm(matrix), groups: 1),
            matrix.Minimums is null ? null : Columns(matrix.Minimums, groups), Columns(bias, groups: 1));
    }

    /// <summary>Packed codes.</summary>
    public PackedInt8Matrix Matrix => _matrix;

    /// <summary>True where the products need each row's Σ code per group.</summary>
    public bool NeedsCodeSums => _isAsymmetric;

    /// <inheritdoc/>
    public override int RowsPerTask => 64;

    /// <inheritdoc/>
    public override int ScratchLength(int rows) => rows * TileBlocks * ColumnBlock;

    /// <inheritdoc/>
    public override void Multiply(in LinearInput input, int row, int rows, int block, int blocks, float* y, int stride, float* scratch)
    {
        for (int b = block; b < block + blocks; b += TileBlocks)
        {
            int tileBlocks = Math.Min(TileBlocks, block + blocks - b);
            float* target = y + (nint)(b - block) * ColumnBlock;
            if (_matrix.Groups == 1)
                Rows(input, row, rows, b, tileBlocks, target, stride, (int*)scratch);
            else
                Groups(input, row, rows, b, tileBlocks, target, stride, (int*)scratch);
        }
    }

    /// <summary>Σ_k qA · qW of a row block, for inspection: [rows, padded N] of one group.</summary>
    public void Accumulate(in LinearInput input, int row, int rows, int group, int* acc) =>
        Int8Gemm.Multiply(input.Codes, _matrix, group, row, rows, 0, _matrix.Panels, acc, PaddedN, _path);

    private void Rows(in LinearInput input, int row, int rows, int block, int blocks, float* y, int stride, int* acc)
    {
        int columns = Accumulate(input.Codes, 0, row, rows, block, blocks, acc);
        ColumnConstants constants = _constants.From(block * ColumnBlock);
        for (int m = 0; m < rows; m++)
        {
            int* rowAcc = acc + (nint)m * columns;
            float* rowY = y + (nint)m * stride;
            float scale = input.Scale[row + m], lo = input.Lo[row + m];
            if (_isAsymmetric)
                LinearScaling.AsymmetricWeights(rowAcc, rowY, columns, scale, lo, input.Codes.CodeSums[row + m], K, constants);
            else if (input.Codes.IsSigned)
                LinearScaling.Symmetric(rowAcc, rowY, columns, scale, constants);
            else
                LinearScaling.AsymmetricActivations(rowAcc, rowY, columns, scale, lo, constants);
        }
    }

    private void Groups(in LinearInput input, int row, int rows, int block, int blocks, float* y, int stride, int* acc)
    {
        for (int m = 0; m < rows; m++)
            new Span<float>(y + (nint)m * stride, blocks * ColumnBlock).Clear();
        int columns = blocks * ColumnBlock;
        for (int group = 0; group < _matrix.Groups; group++)
        {
            Accumulate(input.Codes, group, row, rows, block, blocks, acc);
            nint constants = (nint)group * PaddedN + block * ColumnBlock;
            for (int m = 0; m < rows; m++)
            {
                LinearScaling.AddGroup(
                    acc + (nint)m * columns, y + (nint)m * stride, columns, _constants.Scale + constants,
                    _isAsymmetric ? _constants.Lo + constants : null,
                    _isAsymmetric ? input.Codes.CodeSums[(nint)(row + m) * _matrix.Groups + group] : 0);
            }
        }

        ColumnConstants last = _constants.From(block * ColumnBlock);
        for (int m = 0; m < rows; m++)
            LinearScaling.FinishGroups(y + (nint)m * stride, columns, input.Scale[row + m], input.Lo[row + m], last);
    }

    /// <summary>Accumulators of some column blocks; an odd last panel leaves the columns behind it as they are.</summary>
    private int Accumulate(in CodeRows codes, int group, int row, int rows, int block, int blocks, int* acc)
    {
        int panel = block * PanelsPerBlock, panels = Math.Min(blocks * PanelsPerBlock, _matrix.Panels - panel);
        Int8Gemm.Multiply(codes, _matrix, group, row, rows, panel, panels, acc, blocks * ColumnBlock, _path);
        return blocks * ColumnBlock;
    }

    /// <summary>
    /// What a row's minimum is multiplied by: Σ_g sW · (float)Σ_k qW, and with groups of asymmetric weights also
    /// (float)G · loW, which the row-wise formula keeps as a term of its own.
    /// </summary>
    private float[] ColumnTerm(QuantizedMatrix matrix)
    {
        int groups = _matrix.Groups;
        float[] term = new float[N];
        for (int n = 0; n < N; n++)
        {
            for (int group = 0; group < groups; group++)
            {
                term[n] += matrix.Scales[n * groups + group] * (float)_matrix.CodeSums[group * N + n];
                if (groups > 1 && matrix.Minimums is { } minimums)
                    term[n] += (float)_matrix.GroupSize * minimums[n * groups + group];
            }
        }

        return term;
    }
}

using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Binding;

/// <summary>The input rows of a matrix product: floats or codes.</summary>
internal readonly unsafe struct LinearInput
{
    /// <summary>[rows, K] fp32, or null.</summary>
    public float* Floats { get; init; }

    /// <summary>Codes where <see cref="Floats"/> is null.</summary>
    public CodeRows Codes { get; init; }

    /// <summary>[rows] S of the codes.</summary>
    public float* Scale { get; init; }

    /// <summary>[rows] minimum of the codes, 0 for signed ones.</summary>
    public float* Lo { get; init; }
}

/// <summary>
/// A bound linear layer: packed weights and what turns a product into y[m, n] with bias, for one precision.
/// </summary>
/// <remarks>Columns come in blocks of <see cref="ColumnBlock"/>; whole blocks are written, so y rows are padded to them.</remarks>
internal abstract unsafe class LinearWeights : IDisposable
{
    /// <summary>Columns of a block: one panel of the fp32 product, two of the int8 product.</summary>
    public const int ColumnBlock = PackedFloatMatrix.PanelColumns;

    private readonly List<IDisposable> _owned = [];

    private protected LinearWeights(int n, int k)
    {
        N = n;
        K = k;
    }

    /// <summary>Outputs.</summary>
    public int N { get; }

    /// <summary>Inputs.</summary>
    public int K { get; }

    /// <summary>Column blocks.</summary>
    public int Blocks => Round.UpDivide(N, ColumnBlock);

    /// <summary>Outputs rounded up to whole blocks.</summary>
    public int PaddedN => Blocks * ColumnBlock;

    /// <summary>
    /// Rows that a task takes where rows are shared out. All weights are read once for each task: the more bytes a
    /// weight has, the more rows have to share the reading.
    /// </summary>
    public abstract int RowsPerTask { get; }

    /// <summary>Floats of scratch that <see cref="Multiply"/> needs for a number of rows.</summary>
    public abstract int ScratchLength(int rows);

    /// <summary>y[m, n] for some rows and column blocks, bias added.</summary>
    /// <param name="input">Input rows.</param>
    /// <param name="row">First row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="block">First column block.</param>
    /// <param name="blocks">Column blocks.</param>
    /// <param name="y">[rows, stride] fp32, first column of the first block.</param>
    /// <param name="stride">Elements between rows of y.</param>
    /// <param name="scratch">As many floats as <see cref="ScratchLength"/> says.</param>
    public abstract void Multiply(in LinearInput input, int row, int rows, int block, int blocks, float* y, int stride, float* scratch);

    /// <summary>Binds a matrix.</summary>
    public static LinearWeights Bind(IWeightSource source, PlanWeight weight, int n, int k, LinearPrecision precision)
    {
        float[] bias = StorageRounding.ToHalf(source.Vector(weight, isBias: true, n));
        if (!precision.Weights.IsQuantized)
            return new FloatLinearWeights(StorageRounding.ToHalf(source.Matrix(weight, n, k)), bias, k);
        QuantizedMatrix matrix = source.Codes(weight, n, k, precision)
            ?? QuantizedMatrix.RoundToNearest(source.Matrix(weight, n, k), k, precision.Weights);
        return precision.IsInteger ? new IntegerLinearWeights(matrix, bias, n, k) : new CodedFloatLinearWeights(matrix, bias, n, k);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable owned in _owned)
            owned.Dispose();
    }

    private protected T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    /// <summary>Turns [n, groups] into [groups, padded N].</summary>
    private protected float* Columns(ReadOnlySpan<float> values, int groups)
    {
        AlignedMemory<float> columns = Own(new AlignedMemory<float>(groups * PaddedN));
        for (int i = 0; i < values.Length; i++)
            columns.Pointer[(nint)(i % groups) * PaddedN + i / groups] = values[i];
        return columns.Pointer;
    }
}

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>Weights W[n, k] in the layout of the fp32 matrix product.</summary>
/// <remarks>Layout: <c>[N/32 panels][K][32 columns n]</c>, fp32; missing columns are zero.</remarks>
internal sealed unsafe class PackedFloatMatrix : IDisposable
{
    /// <summary>Columns n of a panel.</summary>
    public const int PanelColumns = 32;

    private readonly AlignedMemory<float> _data;

    private PackedFloatMatrix(int n, int k)
    {
        N = n;
        K = k;
        Panels = Round.UpDivide(n, PanelColumns);
        _data = new(checked(Panels * PanelColumns * k));
    }

    /// <summary>Outputs n.</summary>
    public int N { get; }

    /// <summary>Inputs k.</summary>
    public int K { get; }

    /// <summary>Panels.</summary>
    public int Panels { get; }

    internal float* Data => _data.Pointer;

    /// <summary>Packs a matrix.</summary>
    /// <param name="weights">[n, k] row-major.</param>
    /// <param name="n">Outputs.</param>
    /// <param name="k">Inputs.</param>
    public static PackedFloatMatrix Pack(ReadOnlySpan<float> weights, int n, int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        if (weights.Length != (long)n * k)
            throw new ArgumentException($"Expected {n} x {k} weights, found {weights.Length}.", nameof(weights));
        var packed = new PackedFloatMatrix(n, k);
        fixed (float* source = weights)
            PackRows(source, k, n, k, packed.Data);
        return packed;
    }

    /// <summary>Packs rows n of a strided matrix into panels. Columns that are missing in the last panel are left alone.</summary>
    internal static void PackRows(float* source, nint stride, int n, int k, float* panels)
    {
        for (int row = 0; row < n; row++)
        {
            float* from = source + row * stride;
            float* to = panels + (nint)(row / PanelColumns) * PanelColumns * k + row % PanelColumns;
            for (int i = 0; i < k; i++)
                to[(nint)i * PanelColumns] = from[i];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _data.Dispose();
}

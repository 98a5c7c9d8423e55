namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>
/// c[m, n] = Σ_k a[m, k] · w[n, k] in fp32: one fused multiply-add per input, in k order, on every path. A result
/// element therefore depends on its own row and column only, not on the batch around it or the number of threads.
/// </summary>
internal static unsafe partial class FloatGemm
{
    /// <summary>
    /// Inputs k of a panel that are used for all rows before the next: 32 columns of them are 24 KB, half of an L1 cache.
    /// Accumulators rest in the result meanwhile, which changes no sum.
    /// </summary>
    private const int InputBlock = 192;

    /// <summary>Computes a block of the product over a range of inputs.</summary>
    /// <param name="a">[rows, aStride] fp32, first row of the block.</param>
    /// <param name="aStride">Elements between rows of a.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="weights">Packed weights.</param>
    /// <param name="panel">First panel of 32 columns.</param>
    /// <param name="panels">Panels.</param>
    /// <param name="input">First input k.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="c">Result, [rows, cStride]; whole panels are written.</param>
    /// <param name="cStride">Elements between result rows, at least 32 · <paramref name="panels"/>.</param>
    /// <param name="path">Instruction set.</param>
    public static void Multiply(
        float* a, nint aStride, int rows, PackedFloatMatrix weights, int panel, int panels, int input, int inputs,
        float* c, nint cStride, FloatPath path)
    {
        nint panelStride = (nint)weights.K * PackedFloatMatrix.PanelColumns;
        float* b = weights.Data + panel * panelStride + (nint)input * PackedFloatMatrix.PanelColumns;
        Multiply(a + input, aStride, rows, b, panelStride, panels, inputs, c, cStride, path);
    }

    /// <summary>The same on bare panels: <paramref name="b"/> is [panels][k][32], <paramref name="bStride"/> elements a panel.</summary>
    public static void Multiply(
        float* a, nint aStride, int rows, float* b, nint bStride, int panels, int k, float* c, nint cStride, FloatPath path)
    {
        (int tileRows, int tileColumns) = path switch
        {
            FloatPath.Avx512 => (8, 32),
            FloatPath.Avx2 => (6, 16),
            _ => (4, 8),
        };
        for (int p = 0; p < panels; p++)
        {
            float* cPanel = c + (nint)p * PackedFloatMatrix.PanelColumns;
            for (int first = 0; first < k; first += InputBlock)
            {
                float* bBlock = b + p * bStride + (nint)first * PackedFloatMatrix.PanelColumns;
                int inputs = Math.Min(InputBlock, k - first);
                for (int column = 0; column < PackedFloatMatrix.PanelColumns; column += tileColumns)
                {
                    for (int m = 0; m < rows;)
                    {
                        int left = rows - m;
                        int height = left >= tileRows ? tileRows : path == FloatPath.Portable ? 1 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
                        float* aTile = a + m * aStride + first, cTile = cPanel + m * cStride + column;
                        Run(new Tile(aTile, aStride, bBlock + column, inputs, cTile, cStride, first > 0), height, path);
                        m += height;
                    }
                }
            }
        }
    }

    private static void Run(in Tile tile, int height, FloatPath path)
    {
        switch (path, height)
        {
            case (FloatPath.Avx512, 8):
                Avx512Rows8(tile);
                break;
            case (FloatPath.Avx512, 4):
                Avx512Rows4(tile);
                break;
            case (FloatPath.Avx512, 2):
                Avx512Rows2(tile);
                break;
            case (FloatPath.Avx512, _):
                Avx512Rows1(tile);
                break;
            case (FloatPath.Avx2, 6):
                Avx2Rows6(tile);
                break;
            case (FloatPath.Avx2, 4):
                Avx2Rows4(tile);
                break;
            case (FloatPath.Avx2, 2):
                Avx2Rows2(tile);
                break;
            case (FloatPath.Avx2, _):
                Avx2Rows1(tile);
                break;
            case (_, 4):
                PortableRows4(tile);
                break;
            default:
                PortableRows1(tile);
                break;
        }
    }

    /// <summary>A register tile: some rows by the columns of the path.</summary>
    /// <param name="a">First row.</param>
    /// <param name="aStride">Elements between rows.</param>
    /// <param name="b">Panel columns, 32 elements between inputs.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="c">Result.</param>
    /// <param name="cStride">Elements between result rows.</param>
    /// <param name="continues">The result holds the sums of earlier inputs.</param>
    private readonly struct Tile(float* a, nint aStride, float* b, nint k, float* c, nint cStride, bool continues)
    {
        public readonly float* A = a;
        public readonly nint AStride = aStride;
        public readonly float* B = b;
        public readonly nint K = k;
        public readonly float* C = c;
        public readonly nint CStride = cStride;
        public readonly bool Continues = continues;
    }
}

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>Rows of activation codes as the int8 matrix product reads them.</summary>
/// <param name="codes">[rows, stride] u8; signed codes are stored as code + 128.</param>
/// <param name="stride">Bytes between rows, at least K rounded up to 4; the padding may hold anything.</param>
/// <param name="isSigned">Codes are signed.</param>
/// <param name="codeSums">[rows, groups] Σ_k code of each weight group; read only where the weights are unsigned 8-bit codes.</param>
internal readonly unsafe struct CodeRows(byte* codes, nint stride, bool isSigned, int* codeSums)
{
    /// <summary>What is added to a signed code to store it in a byte.</summary>
    public const int SignedOffset = 128;

    public readonly byte* Codes = codes;
    public readonly nint Stride = stride;
    public readonly bool IsSigned = isSigned;
    public readonly int* CodeSums = codeSums;
}

/// <summary>
/// acc[m, n] = Σ_k qA[m, k] · qW[n, k], exact in int32 for every combination of signed and unsigned codes of up to 8 bits.
/// </summary>
/// <remarks>
/// The instruction multiplies u8 by s8. With a = qA + zA and w = qW - zW stored (zA, zW in {0, 128}):
/// Σ qA·qW = Σ a·w - zA · Σ w + zW · Σ qA. The second term is a constant of the column, where accumulators start; the
/// third is a constant of the row, added when they are stored.
/// </remarks>
internal static unsafe partial class Int8Gemm
{
    /// <summary>Most rows of a register tile.</summary>
    private const int MaxTileRows = 6;

    /// <summary>Computes a block of the product over one group of inputs (the whole row where weights have one group).</summary>
    /// <param name="a">Activation codes.</param>
    /// <param name="weights">Packed weights.</param>
    /// <param name="group">Weight group.</param>
    /// <param name="row">First row m.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="panel">First panel of 16 columns.</param>
    /// <param name="panels">Panels.</param>
    /// <param name="c">Result, [rows, stride] int32; whole panels are written.</param>
    /// <param name="stride">Elements between result rows, at least 16 · <paramref name="panels"/>.</param>
    /// <param name="path">Instruction set.</param>
    public static void Multiply(
        in CodeRows a, PackedInt8Matrix weights, int group, int row, int rows, int panel, int panels, int* c, nint stride, Int8Path path)
    {
        int inputs = weights.Groups == 1 ? weights.PaddedK : weights.GroupSize;
        nint steps = inputs / PackedInt8Matrix.Interleave;
        nint firstInput = (nint)group * weights.GroupSize;
        byte* aBlock = a.Codes + row * a.Stride + firstInput;
        int* correction = weights.Correction(group, a.IsSigned);
        int* rowAdd = stackalloc int[MaxTileRows];

        for (int p = panel; p < panel + panels; p++)
        {
            sbyte* b = weights.Data + ((nint)p * weights.PaddedK + firstInput) * PackedInt8Matrix.PanelColumns;
            int* start = correction + (nint)p * PackedInt8Matrix.PanelColumns;
            int* cPanel = c + (nint)(p - panel) * PackedInt8Matrix.PanelColumns;
            for (int m = 0; m < rows;)
            {
                int height = TileRows(rows - m, path);
                for (int i = 0; i < height; i++)
                    rowAdd[i] = weights.ZeroOffset == 0 ? 0 : weights.ZeroOffset * a.CodeSums[(nint)(row + m + i) * weights.Groups + group];
                var tile = new Tile(aBlock + m * a.Stride, a.Stride, b, steps, start, rowAdd, cPanel + m * stride, stride);
                Run(tile, height, path);
                m += height;
            }
        }
    }

    /// <summary>Rows of the next register tile where <paramref name="left"/> rows are left.</summary>
    private static int TileRows(int left, Int8Path path) => path switch
    {
        // Eight rows go as four and four rather than six and two: short tiles wait on the latency of their accumulators.
        Int8Path.AvxVnni => left == 8 ? 4 : left >= 6 ? 6 : left >= 4 ? 4 : left >= 2 ? 2 : 1,
        Int8Path.Avx2 => left >= 2 ? 2 : 1,
        _ => 1,
    };

    private static void Run(in Tile tile, int height, Int8Path path)
    {
        switch (path, height)
        {
            case (Int8Path.AvxVnni, 6):
                Vnni6(tile);
                break;
            case (Int8Path.AvxVnni, 4):
                Vnni4(tile);
                break;
            case (Int8Path.AvxVnni, 2):
                Vnni2(tile);
                break;
            case (Int8Path.AvxVnni, _):
                Vnni1(tile);
                break;
            case (Int8Path.Avx2, 2):
                Avx2Rows2(tile);
                break;
            case (Int8Path.Avx2, _):
                Avx2Rows1(tile);
                break;
            default:
                Portable1(tile);
                break;
        }
    }

    /// <summary>A register tile: some rows by 16 columns.</summary>
    /// <param name="a">First row of codes.</param>
    /// <param name="aStride">Bytes between rows.</param>
    /// <param name="b">Panel, [steps][16][4].</param>
    /// <param name="steps">Steps of four inputs.</param>
    /// <param name="start">Start values of the 16 columns.</param>
    /// <param name="rowAdd">Constant of each row.</param>
    /// <param name="c">Result.</param>
    /// <param name="cStride">Elements between result rows.</param>
    private readonly struct Tile(byte* a, nint aStride, sbyte* b, nint steps, int* start, int* rowAdd, int* c, nint cStride)
    {
        public readonly byte* A = a;
        public readonly nint AStride = aStride;
        public readonly sbyte* B = b;
        public readonly nint Steps = steps;
        public readonly int* Start = start;
        public readonly int* RowAdd = rowAdd;
        public readonly int* C = c;
        public readonly nint CStride = cStride;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <content>
/// Portable 128-bit vectors. A product of u8 and s8 is at most 255 · 128 = 32640 in size and fits 16 bits; sums do not,
/// so products are widened before they are added.
/// </content>
internal static unsafe partial class Int8Gemm
{
    private static void Portable1(in Tile t)
    {
        // Accumulator j holds column j: four partial sums, one for each place in the interleave.
        Vector128<int>* columns = stackalloc Vector128<int>[PackedInt8Matrix.PanelColumns];
        new Span<Vector128<int>>(columns, PackedInt8Matrix.PanelColumns).Clear();
        byte* a = t.A;
        sbyte* b = t.B;
        for (nint i = t.Steps; i > 0; i--)
        {
            Vector128<short> x = Vector128.WidenLower(Vector128.Create(Unsafe.ReadUnaligned<int>(a)).AsByte()).AsInt16();
            for (int j = 0; j < PackedInt8Matrix.PanelColumns; j += 4)
            {
                Vector128<sbyte> w = Vector128.Load(b + j * PackedInt8Matrix.Interleave);
                Vector128<short> low = x * Vector128.WidenLower(w), high = x * Vector128.WidenUpper(w);
                columns[j] += Vector128.WidenLower(low);
                columns[j + 1] += Vector128.WidenUpper(low);
                columns[j + 2] += Vector128.WidenLower(high);
                columns[j + 3] += Vector128.WidenUpper(high);
            }

            a += PackedInt8Matrix.Interleave;
            b += PackedInt8Matrix.PanelColumns * PackedInt8Matrix.Interleave;
        }

        for (int j = 0; j < PackedInt8Matrix.PanelColumns; j++)
            t.C[j] = t.Start[j] + t.RowAdd[0] + Vector128.Sum(columns[j]);
    }
}

using System.Buffers.Binary;
using System.Numerics.Tensors;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>
/// The order of weights in device memory: the C# side of native/include/mc/weight_layout.cuh, where its reasons are.
/// W [N, K] is cut into blocks of 16 outputs x <see cref="BlockK"/> inputs, 512 bytes each, in the order
/// [ceil(N / 16)][ceil(K / BlockK)]; what lies outside of [N, K] is zero bits.
/// </summary>
internal sealed class FragmentLayout : WeightLayout
{
    private const int BlockN = 16;
    private const int BlockBytes = 512;

    /// <summary>Bytes of an output's inputs in a block, in the native form.</summary>
    private const int BlockRowBytes = 32;

    private readonly GemmFamily _family;
    private readonly int _bits;
    private readonly byte _bias;

    public FragmentLayout(GemmProblem problem)
    {
        (N, K, _family, _bits) = (problem.N, problem.K, problem.Family, problem.WeightBits);
        // Signed codes beside FP16 activations are stored as q + 8, so that widening them needs no sign.
        _bias = _family == GemmFamily.Float16Weight4 && problem.Precision.Weights.Symmetry == Symmetry.Symmetric ? (byte)8 : (byte)0;
    }

    public int N { get; }

    public int K { get; }

    /// <summary>Inputs of a block.</summary>
    public int BlockK => BlockBytes * 8 / BlockN / _bits;

    /// <summary>Size in device memory.</summary>
    public override long Bytes => (long)BlocksN * BlocksK * BlockBytes;

    private int BlocksN => (N + BlockN - 1) / BlockN;

    private int BlocksK => (K + BlockK - 1) / BlockK;

    /// <summary>Packs codes, one a byte, [N, K] row-major.</summary>
    /// <param name="linear">The codes.</param>
    /// <param name="target"><see cref="Bytes"/> bytes, zeroed.</param>
    public override unsafe void Pack(QuantizedLinear linear, byte* target)
    {
        FragmentLayout layout = this;
        Parallel.For(0, BlocksN, blockN =>
        {
            // A row of inputs, padded to whole blocks with the bits that stand for nothing.
            Span<byte> row = stackalloc byte[layout.BlocksK * layout.BlockK];
            for (int n = blockN * BlockN; n < Math.Min((blockN + 1) * BlockN, layout.N); n++)
            {
                ReadOnlySpan<byte> codes = linear.Codes.AsSpan(n * layout.K, layout.K);
                codes.CopyTo(row);
                row[codes.Length..].Clear();
                if (layout._bits == 4)
                {
                    TensorPrimitives.Add(row[..codes.Length], layout._bias, row);
                    TensorPrimitives.BitwiseAnd(row, (byte)15, row);
                }

                byte* blocks = target + (long)blockN * layout.BlocksK * BlockBytes;
                switch (layout._family)
                {
                    case GemmFamily.Int8Weight4:
                        layout.PackForInt8(row, n % BlockN, blocks);
                        break;
                    case GemmFamily.Float16Weight4:
                        layout.PackForFloat16(row, n % BlockN, blocks);
                        break;
                    default:
                        layout.PackNative(layout._bits == 4 ? Nibbles(row) : row, n % BlockN, blocks);
                        break;
                }
            }
        });
    }

    /// <summary>Packs FP16 weights, [N, K] row-major.</summary>
    public override unsafe void Pack(Half[] values, byte* target)
    {
        FragmentLayout layout = this;
        Parallel.For(0, BlocksN, blockN =>
        {
            Span<byte> row = stackalloc byte[layout.BlocksK * BlockRowBytes];
            for (int n = blockN * BlockN; n < Math.Min((blockN + 1) * BlockN, layout.N); n++)
            {
                System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan(n * layout.K, layout.K)).CopyTo(row);
                row[(2 * layout.K)..].Clear();
                layout.PackNative(row, n % BlockN, target + (long)blockN * layout.BlocksK * BlockBytes);
            }
        });
    }

    /// <summary>Word 2 h + i of lane 4 g + t: bytes 16 i + 4 t .. + 3 of output g + 8 h.</summary>
    private unsafe void PackNative(ReadOnlySpan<byte> row, int output, byte* blocks)
    {
        int g = output % 8, h = output / 8;
        for (int block = 0; block < BlocksK; block++)
        {
            ReadOnlySpan<byte> bytes = row.Slice(block * BlockRowBytes, BlockRowBytes);
            for (int i = 0; i < 2; i++)
            {
                for (int t = 0; t < 4; t++)
                    bytes.Slice(16 * i + 4 * t, 4).CopyTo(new Span<byte>(Word(blocks, block, g, t, 2 * h + i), 4));
            }
        }
    }

    /// <summary>Word 2 h + s: byte j holds input 32 s + 4 t + j in its low and input 32 s + 16 + 4 t + j in its high nibble.</summary>
    private unsafe void PackForInt8(ReadOnlySpan<byte> row, int output, byte* blocks)
    {
        int g = output % 8, h = output / 8;
        for (int block = 0; block < BlocksK; block++)
        {
            for (int s = 0; s < 2; s++)
            {
                ReadOnlySpan<byte> inputs = row.Slice(block * 64 + 32 * s, 32);
                for (int t = 0; t < 4; t++)
                {
                    uint low = BinaryPrimitives.ReadUInt32LittleEndian(inputs[(4 * t)..]);
                    uint high = BinaryPrimitives.ReadUInt32LittleEndian(inputs[(16 + 4 * t)..]);
                    *(uint*)Word(blocks, block, g, t, 2 * h + s) = low | high << 4;
                }
            }
        }
    }

    /// <summary>Word 2 h + p: nibble 2 s + i + 4 e holds input 32 p + 16 s + 8 i + 2 t + e.</summary>
    private unsafe void PackForFloat16(ReadOnlySpan<byte> row, int output, byte* blocks)
    {
        int g = output % 8, h = output / 8;
        for (int block = 0; block < BlocksK; block++)
        {
            for (int p = 0; p < 2; p++)
            {
                ReadOnlySpan<byte> inputs = row.Slice(block * 64 + 32 * p, 32);
                for (int t = 0; t < 4; t++)
                {
                    uint word = 0;
                    for (int s = 0; s < 2; s++)
                    {
                        for (int i = 0; i < 2; i++)
                        {
                            for (int e = 0; e < 2; e++)
                                word |= (uint)inputs[16 * s + 8 * i + 2 * t + e] << (4 * (2 * s + i + 4 * e));
                        }
                    }

                    *(uint*)Word(blocks, block, g, t, 2 * h + p) = word;
                }
            }
        }
    }

    private static unsafe byte* Word(byte* blocks, int block, int g, int t, int word) =>
        blocks + (long)block * BlockBytes + (4 * g + t) * 16 + 4 * word;

    /// <summary>Two codes a byte, low nibble first, in place: what is read lies at or behind what is written.</summary>
    private static ReadOnlySpan<byte> Nibbles(Span<byte> row)
    {
        for (int i = 0; i < row.Length; i += 8)
        {
            ulong eight = BinaryPrimitives.ReadUInt64LittleEndian(row[i..]);
            eight = (eight | eight >> 4) & 0x00ff00ff00ff00ff;
            eight = (eight | eight >> 8) & 0x0000ffff0000ffff;
            BinaryPrimitives.WriteUInt32LittleEndian(row[(i / 2)..], (uint)(eight | eight >> 16));
        }

        return row[..(row.Length / 2)];
    }
}

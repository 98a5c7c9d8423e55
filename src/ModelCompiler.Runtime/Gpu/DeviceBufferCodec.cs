using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>Buffers of the plan as bytes of device memory, and back; the layout that the kernels read and write.</summary>
/// <remarks>
/// Values: [rows, columns] FP16 or FP32. Codes: [rows, row bytes], two 4-bit codes to a byte (low nibble first) or one
/// code a byte; from the next multiple of the arena's alignment on S, minimum and code sum, each [capacity].
/// Codes whose reader quantizes: [rows, columns] FP32 values; from there on [capacity, parts], the largest |value| of each part
/// of a row.
/// </remarks>
/// <param name="device">The buffer in the architecture's layout.</param>
/// <param name="bucketTokens">The bucket, which says how many rows there is room for.</param>
internal readonly struct DeviceBufferCodec(DeviceBuffer device, int bucketTokens)
{
    private readonly int _capacity = device.RowsIn(bucketTokens);

    private int MetadataStart => checked((int)device.MetadataOffset(bucketTokens));

    /// <summary>Bytes of a buffer; rows that the batch does not have are zero.</summary>
    /// <param name="values">What it holds, of at most <c>capacity</c> rows.</param>
    public byte[] Encode(BufferValues values)
    {
        var bytes = new byte[MetadataStart + device.MetadataBytes * _capacity];
        if (values.Buffer.Element == BufferElement.Float32)
        {
            MemoryMarshal.AsBytes<float>(values.Values).CopyTo(bytes);
        }
        else if (values.Buffer.Element == BufferElement.Float16)
        {
            TensorPrimitives.ConvertToHalf(values.Values, MemoryMarshal.Cast<byte, Half>(bytes.AsSpan()));
        }
        else if (IsUnquantized(values.Buffer))
        {
            EncodeUnquantized(values, bytes);
        }
        else
        {
            EncodeCodes(values, bytes);
        }

        return bytes;
    }

    /// <summary>What a buffer holds.</summary>
    /// <param name="buffer">The plan's buffer.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="bytes">The buffer's bytes, of all rows of the bucket.</param>
    public BufferValues Decode(PlanBuffer buffer, int rows, ReadOnlySpan<byte> bytes)
    {
        int count = rows * buffer.Columns;
        if (buffer.Element == BufferElement.Codes)
            return IsUnquantized(buffer) ? DecodeUnquantized(buffer, rows, bytes) : DecodeCodes(buffer, rows, bytes);
        var values = new float[count];
        if (buffer.Element == BufferElement.Float32)
            MemoryMarshal.Cast<byte, float>(bytes)[..count].CopyTo(values);
        else
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes)[..count], values);
        return new(buffer, rows) { Values = values };
    }

    /// <summary>Bytes of the whole buffer, metadata included.</summary>
    public int Bytes => MetadataStart + device.MetadataBytes * _capacity;

    private bool IsPacked(PlanBuffer buffer) => device.RowBytes < buffer.Columns;

    private bool IsUnquantized(PlanBuffer buffer) => device.RowBytes == sizeof(float) * buffer.Columns;

    /// <summary>Values that a reader finds the codes of.</summary>
    private void EncodeUnquantized(BufferValues values, Span<byte> bytes)
    {
        int columns = values.Buffer.Columns, parts = device.MetadataBytes / sizeof(float), width = columns / parts;
        Span<float> rows = MemoryMarshal.Cast<byte, float>(bytes), ranges = MemoryMarshal.Cast<byte, float>(bytes[MetadataStart..]);
        for (int row = 0; row < values.Rows; row++)
        {
            for (int i = row * columns; i < (row + 1) * columns; i++)
                rows[i] = values.Scales[row] * values.Codes[i];
            for (int part = 0; part < parts; part++)
                ranges[row * parts + part] = Math.Abs(TensorPrimitives.MaxMagnitude<float>(rows.Slice(row * columns + part * width, width)));
        }
    }

    /// <summary>The codes that a reader makes of values, by the rules of docs/numerics.md.</summary>
    private BufferValues DecodeUnquantized(PlanBuffer buffer, int rows, ReadOnlySpan<byte> bytes)
    {
        int parts = device.MetadataBytes / sizeof(float), highest = (1 << (buffer.Format.Bits - 1)) - 1;
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(bytes), ranges = MemoryMarshal.Cast<byte, float>(bytes[MetadataStart..]);
        var codes = new short[rows * buffer.Columns];
        var scales = new float[rows];
        for (int row = 0; row < rows; row++)
        {
            float largest = TensorPrimitives.Max(ranges.Slice(row * parts, parts));
            scales[row] = largest == 0 ? 1 : largest / highest;
            float inverse = 1 / scales[row];
            for (int i = row * buffer.Columns; i < (row + 1) * buffer.Columns; i++)
                codes[i] = (short)Math.Clamp(Math.Round((double)values[i] * inverse), -highest - 1, highest);
        }

        return new(buffer, rows) { Codes = codes, Scales = scales, Minimums = new float[rows] };
    }

    private void EncodeCodes(BufferValues values, Span<byte> bytes)
    {
        int columns = values.Buffer.Columns, perByte = IsPacked(values.Buffer) ? 2 : 1;
        for (int row = 0; row < values.Rows; row++)
        {
            ReadOnlySpan<short> codes = values.Codes.AsSpan(row * columns, columns);
            Span<byte> target = bytes[(row * device.RowBytes)..];
            int sum = 0;
            for (int i = 0; i < columns; i++)
            {
                target[i / perByte] |= (byte)(perByte == 2 ? (codes[i] & 15) << (i % 2 * 4) : codes[i]);
                sum += codes[i];
            }

            Span<byte> metadata = bytes[(MetadataStart + row * sizeof(float))..];
            BinaryPrimitives.WriteSingleLittleEndian(metadata, values.Scales[row]);
            if (values.Buffer.Format.Symmetry == Symmetry.Symmetric)
                continue;
            BinaryPrimitives.WriteSingleLittleEndian(metadata[(_capacity * sizeof(float))..], values.Minimums[row]);
            BinaryPrimitives.WriteInt32LittleEndian(metadata[(2 * _capacity * sizeof(float))..], sum);
        }
    }

    private BufferValues DecodeCodes(PlanBuffer buffer, int rows, ReadOnlySpan<byte> bytes)
    {
        bool asymmetric = buffer.Format.Symmetry == Symmetry.Asymmetric, packed = IsPacked(buffer);
        var codes = new short[rows * buffer.Columns];
        float[] scales = new float[rows], minimums = new float[rows];
        for (int i = 0; i < codes.Length; i++)
        {
            int row = i / buffer.Columns, column = i % buffer.Columns;
            byte stored = bytes[row * device.RowBytes + (packed ? column / 2 : column)];
            int code = packed ? stored >> (column % 2 * 4) & 15 : stored;
            int bits = packed ? 4 : 8;
            codes[i] = (short)(asymmetric ? code : code << (32 - bits) >> (32 - bits));
        }

        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<byte> metadata = bytes[(MetadataStart + row * sizeof(float))..];
            scales[row] = BinaryPrimitives.ReadSingleLittleEndian(metadata);
            if (asymmetric)
                minimums[row] = BinaryPrimitives.ReadSingleLittleEndian(metadata[(_capacity * sizeof(float))..]);
        }

        return new(buffer, rows) { Codes = codes, Scales = scales, Minimums = minimums };
    }
}

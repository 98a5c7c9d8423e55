using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;

namespace ModelCompiler.Runtime.Weights;

/// <summary>
/// The parsed and checked header of a safetensors file: u64 little-endian length N, N bytes of JSON, then data.
/// </summary>
/// <param name="Tensors">In the order of their bytes.</param>
/// <param name="Metadata">The strings of <c>__metadata__</c>; empty where there are none.</param>
/// <param name="DataOffset">Where the data section starts in the file: 8 + N.</param>
internal sealed record SafetensorsHeader(
    ImmutableArray<TensorInfo> Tensors, FrozenDictionary<string, string> Metadata, long DataOffset)
{
    public const int LengthBytes = 8;
    public const long MaxJsonBytes = 100_000_000;
    public const string MetadataName = "__metadata__";

    // The header object, a tensor's object, an array in it.
    private const int MaxDepth = 3;

    /// <summary>Parses the header and proves that the tensors tile the data section exactly.</summary>
    /// <param name="path">Named in errors.</param>
    /// <param name="start">The file's first bytes: all of them, or at least 8 + 100,000,000.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> start, long fileLength)
    {
        if (fileLength < LengthBytes)
            throw new SafetensorsFormatException(path, "file", "at least 8 bytes", $"{fileLength} bytes");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length is < 1 or > MaxJsonBytes)
            throw new SafetensorsFormatException(path, "header length", "1 to 100,000,000", $"{length}");
        if (length > (ulong)(fileLength - LengthBytes))
            throw new SafetensorsFormatException(
                path, "header", $"{length} bytes", $"{fileLength - LengthBytes} bytes to the end of the file");

        ReadOnlySpan<byte> json = start.Slice(LengthBytes, (int)length);
        if (json[0] != (byte)'{')
            throw new SafetensorsFormatException(path, "header", "'{' as its first byte", $"0x{json[0]:x2}");
        json = json.TrimEnd((byte)' ');
        if (json[^1] != (byte)'}')
            throw new SafetensorsFormatException(
                path, "header", "'}' and then only spaces", $"0x{json[^1]:x2} as its last byte that is no space");

        long dataOffset = LengthBytes + (long)length;
        var (tensors, metadata) = ParseJson(path, json);
        RequireExactTiling(path, tensors, fileLength - dataOffset);
        return new SafetensorsHeader([.. tensors], metadata.ToFrozenDictionary(StringComparer.Ordinal), dataOffset);
    }

    private static (List<TensorInfo> Tensors, Dictionary<string, string> Metadata) ParseJson(
        string path, ReadOnlySpan<byte> json)
    {
        var tensors = new List<TensorInfo>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var fields = new HashSet<string>(StringComparer.Ordinal);
        var reader = new StrictJsonReader(path, json, MaxDepth);
        reader.ReadStartObject("header");
        while (reader.ReadPropertyName("header", names) is { } name)
        {
            if (name == MetadataName)
                ParseMetadata(ref reader, metadata);
            else
                tensors.Add(ParseTensor(ref reader, name, fields));
        }

        reader.ReadEnd("header");
        return (tensors, metadata);
    }

    private static void ParseMetadata(ref StrictJsonReader reader, Dictionary<string, string> metadata)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        reader.ReadStartObject(MetadataName);
        while (reader.ReadPropertyName(MetadataName, names) is { } name)
            metadata[name] = reader.ReadString($"{MetadataName} '{name}'");
    }

    private static TensorInfo ParseTensor(ref StrictJsonReader reader, string name, HashSet<string> fields)
    {
        string what = $"tensor '{name}'";
        TensorElementType? type = null;
        ImmutableArray<long> shape = default;
        ImmutableArray<long> offsets = default;
        fields.Clear();
        reader.ReadStartObject(what);
        while (reader.ReadPropertyName(what, fields) is { } field)
        {
            switch (field)
            {
                case "dtype":
                    string typeName = reader.ReadString($"{what} dtype");
                    if (!TensorElementTypes.TryParse(typeName, out TensorElementType parsed))
                        throw reader.Fail($"{what} dtype", $"one of {TensorElementTypes.AllNames}", $"'{typeName}'");
                    type = parsed;
                    break;
                case "shape":
                    shape = ParseIntegers(ref reader, $"{what} shape");
                    break;
                case "data_offsets":
                    offsets = ParseIntegers(ref reader, $"{what} data_offsets");
                    break;
                default:
                    throw reader.Fail(what, "dtype, shape and data_offsets", $"'{field}'");
            }
        }

        if (type is null || shape.IsDefault || offsets.IsDefault)
        {
            string missing = type is null ? "dtype" : shape.IsDefault ? "shape" : "data_offsets";
            throw reader.Fail(what, "dtype, shape and data_offsets", $"no {missing}");
        }

        if (offsets.Length != 2 || offsets[0] > offsets[1])
            throw reader.Fail(
                $"{what} data_offsets",
                "[begin, end] with begin <= end",
                TensorInfo.FormatShape(offsets.AsSpan()[..Math.Min(offsets.Length, 8)]));
        if (!TryByteLength(shape, type.Value, out long bytes))
            throw reader.Fail($"{what} shape", "fewer than 2^63 bytes", "an overflow");
        if (bytes != offsets[1] - offsets[0])
            throw reader.Fail(
                $"{what} data_offsets",
                $"{bytes} bytes for {type.Value.SafetensorsName()} {TensorInfo.FormatShape(shape.AsSpan())}",
                $"{offsets[1] - offsets[0]} bytes");
        return new TensorInfo(name, type.Value, shape, offsets[0], offsets[1]);
    }

    private static ImmutableArray<long> ParseIntegers(ref StrictJsonReader reader, string what)
    {
        var values = ImmutableArray.CreateBuilder<long>();
        reader.Read(what);
        reader.Require(JsonTokenType.StartArray, what, "an array of whole numbers");
        while (true)
        {
            reader.Read(what);
            if (reader.TokenType == JsonTokenType.EndArray)
                return values.DrainToImmutable();
            values.Add(reader.NonNegativeInteger(what));
        }
    }

    internal static bool TryByteLength(ImmutableArray<long> shape, TensorElementType type, out long bytes)
    {
        bytes = type.SizeInBytes();
        foreach (long extent in shape)
        {
            if (extent != 0 && bytes > long.MaxValue / extent)
                return false;
            bytes *= extent;
        }

        return true;
    }

    private static void RequireExactTiling(string path, List<TensorInfo> tensors, long dataLength)
    {
        tensors.Sort(static (a, b) =>
        {
            int order = a.Begin.CompareTo(b.Begin);
            if (order == 0)
                order = a.End.CompareTo(b.End);
            return order != 0 ? order : string.CompareOrdinal(a.Name, b.Name);
        });
        long end = 0;
        foreach (TensorInfo tensor in tensors)
        {
            if (tensor.Begin != end)
            {
                string fault = tensor.Begin > end ? "a hole" : "an overlap";
                throw new SafetensorsFormatException(
                    path, $"tensor '{tensor.Name}' data_offsets", $"begin at {end}", $"{tensor.Begin}, {fault}");
            }

            end = tensor.End;
        }

        if (end != dataLength)
            throw new SafetensorsFormatException(
                path,
                "data section",
                $"{end} bytes, the end of the last tensor",
                $"{dataLength} bytes, {(dataLength > end ? "trailing" : "missing")} {Math.Abs(dataLength - end)}");
    }
}

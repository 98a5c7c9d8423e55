using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelCompiler.Runtime.Weights;

/// <summary>Writes safetensors files: the same tensors always give the same bytes, and a file appears whole or not at all.</summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Writes a file. Tensors are ordered by element size, largest first, then by name, so every tensor is aligned to
    /// its elements; the header is padded with spaces so that data starts at a multiple of 8.
    /// </summary>
    /// <param name="path">The file; replaced if it is there.</param>
    /// <param name="tensors">Tensors of distinct names, in any order.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>.</param>
    /// <exception cref="ArgumentException">Two tensors of one name, or a source that writes another number of bytes than its shape says.</exception>
    public static void Write(
        string path, IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        TensorSource[] ordered = [.. tensors];
        Array.Sort(ordered, static (a, b) =>
        {
            int order = b.ElementType.SizeInBytes().CompareTo(a.ElementType.SizeInBytes());
            return order != 0 ? order : string.CompareOrdinal(a.Name, b.Name);
        });
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (TensorSource tensor in ordered)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"Tensor '{tensor.Name}' is given twice.", nameof(tensors));
        }

        byte[] header = Header(ordered, metadata);
        string temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                stream.Write(header);
                foreach (TensorSource tensor in ordered)
                    WriteTensor(stream, tensor);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static void WriteTensor(FileStream stream, TensorSource tensor)
    {
        long begin = stream.Position;
        tensor.WriteTo(stream);
        long written = stream.Position - begin;
        if (written != tensor.ByteLength)
            throw new ArgumentException(
                $"The source of tensor '{tensor.Name}' wrote {written} bytes where its shape has {tensor.ByteLength}.");
    }

    // u64 length, JSON, spaces up to a multiple of 8.
    private static byte[] Header(TensorSource[] ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[SafetensorsHeader.LengthBytes]);
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataName);
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (TensorSource tensor in ordered)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.ElementType.SafetensorsName());
                json.WriteStartArray("shape");
                foreach (long extent in tensor.Shape)
                    json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset = checked(offset + tensor.ByteLength);
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        byte[] bytes = buffer.ToArray();
        long jsonBytes = bytes.Length - SafetensorsHeader.LengthBytes;
        if (jsonBytes > SafetensorsHeader.MaxJsonBytes)
            throw new ArgumentException($"The header would take {jsonBytes} bytes; the format allows 100,000,000.");
        BinaryPrimitives.WriteInt64LittleEndian(bytes, jsonBytes);
        return bytes;
    }
}

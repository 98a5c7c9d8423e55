using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelCompiler.Core;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>
/// File format of a stored kernel: the cubin as it is, so that NVIDIA's tools read the file, followed by what the cubin
/// does not say and a checksum over all of it. One file, so that one rename publishes it whole.
/// </summary>
/// <remarks>
/// <code>
/// cubin     bytes
/// metadata  UTF-8 JSON
/// trailer   52 bytes: cubin length u64, metadata length u32 (both little-endian), SHA-256 of all bytes before it, "MCCUBIN1"
/// </code>
/// </remarks>
internal static partial class CubinEntry
{
    private const int LengthsBytes = sizeof(ulong) + sizeof(uint);
    private const int TrailerBytes = LengthsBytes + SHA256.HashSizeInBytes + 8;

    private static ReadOnlySpan<byte> Magic => "MCCUBIN1"u8;

    public static byte[] Write(CompiledKernel kernel)
    {
        byte[] metadata = JsonSerializer.SerializeToUtf8Bytes(
            new Metadata(kernel.Name, kernel.Arch.Name(), kernel.Key.ToString(), kernel.Resources, kernel.Log),
            MetadataContext.Default.Metadata);
        byte[] file = new byte[kernel.Cubin.Length + metadata.Length + TrailerBytes];
        kernel.Cubin.Span.CopyTo(file);
        metadata.CopyTo(file, kernel.Cubin.Length);

        int lengthsAt = kernel.Cubin.Length + metadata.Length;
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(lengthsAt), (ulong)kernel.Cubin.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(lengthsAt + sizeof(ulong)), (uint)metadata.Length);
        int checksumAt = lengthsAt + LengthsBytes;
        SHA256.HashData(file.AsSpan(0, checksumAt), file.AsSpan(checksumAt));
        Magic.CopyTo(file.AsSpan(file.Length - Magic.Length));
        return file;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="key">Key that the file is stored under.</param>
    /// <param name="name">Kernel that it should hold.</param>
    /// <param name="arch">Architecture that it should be for.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="damage">What is wrong with the file.</param>
    public static bool TryRead(
        byte[] file, CubinKey key, string name, GpuArch arch,
        [NotNullWhen(true)] out CompiledKernel? kernel, [NotNullWhen(false)] out string? damage)
    {
        kernel = null;
        int checksumAt = file.Length - TrailerBytes + LengthsBytes;
        if (file.Length < TrailerBytes || !file.AsSpan().EndsWith(Magic))
        {
            damage = $"it is cut off or no cubin of this cache ({file.Length} bytes)";
            return false;
        }

        Span<byte> checksum = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(file.AsSpan(0, checksumAt), checksum);
        if (!checksum.SequenceEqual(file.AsSpan(checksumAt, SHA256.HashSizeInBytes)))
        {
            damage = "its checksum is wrong";
            return false;
        }

        ulong cubinLength = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(checksumAt - LengthsBytes));
        uint metadataLength = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(checksumAt - sizeof(uint)));
        if (cubinLength > (ulong)file.Length || cubinLength + metadataLength + TrailerBytes != (ulong)file.Length)
        {
            damage = $"its parts of {cubinLength} and {metadataLength} bytes do not add up to {file.Length}";
            return false;
        }

        Metadata? metadata = Deserialize(file.AsSpan((int)cubinLength, (int)metadataLength));
        if (metadata is null)
            damage = "its metadata cannot be read";
        else if (metadata.Key != key.ToString() || metadata.Name != name || metadata.Arch != arch.Name())
            damage = $"it holds '{metadata.Name}' for {metadata.Arch} under the key {metadata.Key}";
        else
        {
            kernel = new CompiledKernel(
                name, arch, key, file.AsMemory(0, (int)cubinLength), metadata.Resources, metadata.Log);
            damage = null;
            return true;
        }

        return false;
    }

    private static Metadata? Deserialize(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, MetadataContext.Default.Metadata);
        }
        catch (JsonException)
        {
            return null; // reported by the caller as damage
        }
    }

    internal sealed record Metadata(string Name, string Arch, string Key, KernelResources Resources, string Log);

    [JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
    [JsonSerializable(typeof(Metadata))]
    internal sealed partial class MetadataContext : JsonSerializerContext;
}

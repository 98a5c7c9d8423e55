using System.Buffers.Binary;
using System.Text;

namespace ModelCompiler.Runtime.Tests.Weights;

/// <summary>A folder that lives as long as a test, and safetensors files made by hand in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("weights-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, byte[] bytes)
    {
        string path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    /// <summary>A file of a header, as it is, and zeroed data.</summary>
    public string WriteSafetensors(string name, string header, int dataBytes) =>
        Write(name, Safetensors(Encoding.UTF8.GetBytes(header), dataBytes));

    public static byte[] Safetensors(byte[] header, int dataBytes)
    {
        var file = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

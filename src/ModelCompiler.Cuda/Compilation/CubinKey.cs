using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ModelCompiler.Cuda.Interop;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>
/// Address of a cubin by content: what was compiled, and by which compiler. The two parts are kept apart because a machine
/// without a compiler must still find what another one compiled ahead of time.
/// </summary>
/// <param name="Content">
/// SHA-256 in lower-case hexadecimal over the kernel's name and text, every header that it can reach, and all options, the
/// architecture among them.
/// </param>
/// <param name="Compiler">Version of the compiler.</param>
public sealed record CubinKey(string Content, NvrtcVersion Compiler)
{
    // Changes whenever what is hashed or what is stored changes its meaning.
    private const string Scheme = "modelcompiler cubin 1";

    /// <summary>Name of the file, and the readable form of the key: <c>3f…9a.nvrtc12.4.cubin</c>.</summary>
    public string FileName => $"{Content}.nvrtc{Compiler}.cubin";

    /// <inheritdoc/>
    public override string ToString() => $"{Content}.nvrtc{Compiler}";

    /// <summary>The first part of a key.</summary>
    /// <param name="source">The kernel.</param>
    /// <param name="headers">Every header that it can reach, by name, sorted.</param>
    /// <param name="arguments">The whole command line.</param>
    public static string ContentOf(
        KernelSource source, IEnumerable<KeyValuePair<string, string>> headers, IEnumerable<string> arguments)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(Scheme);
        Add(source.Name);
        Add(source.Text);
        foreach ((string name, string text) in headers)
        {
            Add("header");
            Add(name);
            Add(text);
        }

        foreach (string argument in arguments)
        {
            Add("argument");
            Add(argument);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        // A length before each text keeps ("ab", "c") apart from ("a", "bc").
        void Add(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
    }

    /// <summary>Reads a key from the name of a file, or gives null where it is none.</summary>
    public static CubinKey? FromFileName(string fileName)
    {
        const string Extension = ".cubin";
        int marker = fileName.IndexOf(".nvrtc", StringComparison.Ordinal);
        if (marker < 0 || !fileName.EndsWith(Extension, StringComparison.Ordinal))
            return null;
        string version = fileName[(marker + ".nvrtc".Length)..^Extension.Length];
        return NvrtcVersion.TryParse(version, out NvrtcVersion compiler)
            ? new CubinKey(fileName[..marker], compiler)
            : null;
    }
}

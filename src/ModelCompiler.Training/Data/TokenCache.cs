using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ModelCompiler.Runtime.Text;

namespace ModelCompiler.Training.Data;

/// <summary>
/// Keeps token ids in files, so that a data set is tokenized once. A file's name is a hash of the tokenizer's files, the
/// texts, the labels and the length, so a changed text or vocabulary never meets old ids.
/// </summary>
public static class TokenCache
{
    private const int Version = 0x314B544D; // "MTK1"
    private static readonly string[] TokenizerFiles = ["tokenizer.json", "vocab.txt", "tokenizer_config.json"];

    /// <summary>Ids from the cache, or tokenized now.</summary>
    /// <param name="folder">Folder of the cache; null for none.</param>
    /// <param name="model">Model folder with a tokenizer.</param>
    /// <param name="examples">Texts or pairs.</param>
    /// <param name="maxLength">Most tokens of an example.</param>
    public static TokenizedData Get(string? folder, string model, IReadOnlyList<TextExample> examples, int maxLength)
    {
        if (folder is null)
            return TokenizedData.Encode(WordPieceTokenizer.FromFolder(model), examples, maxLength);
        string path = Path.Combine(folder, $"{Key(model, examples, maxLength)}.tokens");
        if (File.Exists(path) && Read(path, examples.Count) is { } cached)
            return cached;
        TokenizedData data = TokenizedData.Encode(WordPieceTokenizer.FromFolder(model), examples, maxLength);
        Directory.CreateDirectory(folder);
        Write(path, data);
        return data;
    }

    private static string Key(string model, IReadOnlyList<TextExample> examples, int maxLength)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add($"{Version} {maxLength}");
        foreach (string name in TokenizerFiles)
        {
            string path = Path.Combine(model, name);
            Add(name);
            if (File.Exists(path))
                hash.AppendData(File.ReadAllBytes(path));
        }

        foreach (TextExample example in examples)
            Add($"{example.Label}\0{example.Text}\0{example.Pair}\0{(example.Pair is null ? 1 : 2)}");
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
    }

    /// <summary>Null for a file that was cut short: it is written again.</summary>
    private static TokenizedData? Read(string path, int count)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length < 12 || bytes.Length % 4 != 0)
            return null;
        ReadOnlySpan<int> words = MemoryMarshal.Cast<byte, int>(bytes);
        int tokens = words[2];
        if (words[0] != Version || words[1] != count || words.Length != 3 + 2 * count + 2L * tokens)
            return null;
        ReadOnlySpan<int> body = words[3..];
        byte[] types = [.. body[(2 * count + tokens)..].ToArray().Select(t => (byte)t)];
        return new(body.Slice(2 * count, tokens).ToArray(), types, body[..count].ToArray(), body.Slice(count, count).ToArray());
    }

    private static void Write(string path, TokenizedData data)
    {
        string temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        using (var stream = new FileStream(temporary, FileMode.CreateNew))
        {
            int[] all = [.. Enumerable.Range(0, data.Count)];
            Put(stream, [Version, data.Count, all.Sum(data.LengthOf)]);
            Put(stream, [.. all.Select(data.LengthOf)]);
            Put(stream, data.Labels);
            foreach (int example in all)
                Put(stream, data.IdsOf(example));
            foreach (int example in all)
                Put(stream, [.. data.TypesOf(example).ToArray().Select(t => (int)t)]);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static void Put(FileStream stream, ReadOnlySpan<int> words) => stream.Write(MemoryMarshal.AsBytes(words));
}

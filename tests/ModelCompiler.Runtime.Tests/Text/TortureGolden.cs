using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelCompiler.Runtime.Tests.Text;

/// <summary>The reference's ids of the torture texts, in a file, for machines without node.</summary>
internal static class TortureGolden
{
    private static readonly string FilePath =
        Path.Combine(TestFiles.Root, "tests", "ModelCompiler.Runtime.Tests", "Text", "torture-golden.json");

    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Dictionary<string, int[]> Read() =>
        JsonSerializer.Deserialize<Dictionary<string, int[]>>(File.ReadAllText(FilePath))!;

    /// <summary>One text a line.</summary>
    public static void Write(Dictionary<string, int[]> idsByName)
    {
        var json = new StringBuilder("{\n");
        json.AppendJoin(",\n", idsByName.Select(entry =>
            $"  {JsonSerializer.Serialize(entry.Key, Options)}: {JsonSerializer.Serialize(entry.Value)}"));
        File.WriteAllText(FilePath, json.Append("\n}\n").ToString());
    }
}

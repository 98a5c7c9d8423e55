using System.Text.Json.Nodes;

namespace ModelCompiler.Runtime.Tests.Text;

/// <summary>The sample's tokenizer.json with single settings changed, in temporary files.</summary>
internal static class TokenizerVariants
{
    public static JsonNode Load() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(TestFiles.SampleModel, "tokenizer.json")))!;

    public static string Write(string folder, string name, Action<JsonNode> change)
    {
        JsonNode root = Load();
        change(root);
        string path = Path.Combine(folder, $"{name}.json");
        File.WriteAllText(path, root.ToJsonString());
        return path;
    }

    public static void AddToken(
        JsonNode root, int id, string content, bool normalized, bool leftStrip = false, bool rightStrip = false) =>
        root["added_tokens"]!.AsArray().Add(new JsonObject
        {
            ["id"] = id,
            ["content"] = content,
            ["single_word"] = false,
            ["lstrip"] = leftStrip,
            ["rstrip"] = rightStrip,
            ["normalized"] = normalized,
            ["special"] = false,
        });

    public static void UseTemplate(JsonNode root) =>
        root["post_processor"] = JsonNode.Parse("""
            {
              "type": "TemplateProcessing",
              "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                         {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
              "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
              "special_tokens": {
                "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}
              }
            }
            """);

    /// <summary>Gives the vocabulary single letters of many scripts, so that more than [UNK] is compared.</summary>
    public static void AddLetters(JsonNode root)
    {
        JsonObject vocabulary = root["model"]!["vocab"]!.AsObject();
        int id = vocabulary.Count;
        foreach (string letter in Letters())
        {
            if (vocabulary.TryAdd(letter, id))
                id++;
            if (vocabulary.TryAdd("##" + letter, id))
                id++;
        }
    }

    private static IEnumerable<string> Letters()
    {
        (int Begin, int End)[] ranges =
        [
            (0xA0, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0x9FF), (0xE00, 0xE7F),
            (0xF00, 0xFFF), (0x1100, 0x11FF), (0x1D00, 0x20FF), (0x2460, 0x24FF), (0x3040, 0x30FF), (0x302A, 0x302F),
            (0x4E00, 0x4F00), (0xF900, 0xFA20), (0xFE00, 0xFE0F), (0xFF00, 0xFF9F), (0x10400, 0x1044F),
            (0x1D157, 0x1D172), (0x20000, 0x20010), (0x1F600, 0x1F640),
        ];
        return ranges
            .SelectMany(range => Enumerable.Range(range.Begin, range.End - range.Begin + 1))
            .Select(char.ConvertFromUtf32)
            .Where(letter => letter.Trim().Length > 0);
    }
}

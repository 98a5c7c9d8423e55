using System.Collections.Immutable;
using System.Text.Json;

namespace ModelCompiler.Runtime.Weights;

/// <summary>The parsed <c>model.safetensors.index.json</c>: which tensor lies in which file of the same folder.</summary>
/// <param name="ShardOf">Tensor name to file name, relative to the index's folder.</param>
internal sealed record SafetensorsIndex(ImmutableSortedDictionary<string, string> ShardOf)
{
    public const string FileName = "model.safetensors.index.json";

    private const int MaxDepth = 64; // `metadata` is free-form

    public static SafetensorsIndex Parse(string path, ReadOnlySpan<byte> json)
    {
        var shardOf = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var sections = new HashSet<string>(StringComparer.Ordinal);
        var reader = new StrictJsonReader(path, json, MaxDepth);
        reader.ReadStartObject("index");
        while (reader.ReadPropertyName("index", sections) is { } section)
        {
            if (section == "weight_map")
                ParseWeightMap(ref reader, path, shardOf);
            else
                reader.SkipValue(section);
        }

        reader.ReadEnd("index");
        if (!sections.Contains("weight_map"))
            throw new SafetensorsFormatException(path, "index", "a weight_map", "none");
        return new SafetensorsIndex(shardOf.ToImmutable());
    }

    private static void ParseWeightMap(
        ref StrictJsonReader reader, string path, ImmutableSortedDictionary<string, string>.Builder shardOf)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        reader.ReadStartObject("weight_map");
        while (reader.ReadPropertyName("weight_map", names) is { } name)
        {
            string shard = reader.ReadString($"weight_map '{name}'");
            if (!StaysInside(shard))
                throw new SafetensorsFormatException(
                    path, $"weight_map '{name}'", "a .safetensors file inside the index's folder", $"'{shard}'");
            shardOf.Add(name, shard);
        }
    }

    // Judged by the text alone and alike on every system: '\' and ':' lead elsewhere on Windows.
    private static bool StaysInside(string shard) =>
        shard.EndsWith(".safetensors", StringComparison.Ordinal)
        && shard.AsSpan().IndexOfAny("\\:\0") < 0
        && shard.Split('/').All(segment => segment is not ("" or "." or ".."));
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace ModelCompiler.Runtime.Weights.CompressedTensors;

/// <summary>Layers that are quantized alike.</summary>
/// <param name="Name">The key in <c>config_groups</c>.</param>
/// <param name="Targets">Module names, <c>re:</c> and a regular expression over them, or the class name <c>Linear</c>.</param>
/// <param name="Weights">How weights are stored.</param>
/// <param name="InputActivations">How inputs are quantized; null leaves them in floating point.</param>
internal sealed record QuantizationGroup(
    string Name,
    ImmutableArray<string> Targets,
    QuantizationArguments Weights,
    QuantizationArguments? InputActivations);

/// <summary>The <c>quantization_config</c> of a checkpoint in compressed-tensors' <c>pack-quantized</c> format.</summary>
/// <param name="Groups">Groups in file order.</param>
/// <param name="Ignore">Layers that stay unquantized, in the notation of targets.</param>
internal sealed record QuantizationConfig(ImmutableArray<QuantizationGroup> Groups, ImmutableArray<string> Ignore)
{
    public const string Method = "compressed-tensors";
    public const string Format = "pack-quantized";
    public const string LinearClass = "Linear";
    public const string PatternPrefix = "re:";

    // A pattern without backtracking takes milliseconds to make, and every layer asks for all of them.
    private readonly ConcurrentDictionary<string, Regex> _patterns = new();

    /// <summary>
    /// The group of a linear layer, or null if the layer is ignored or not named. A full name wins over a pattern and
    /// a pattern over the class, in file order among equals.
    /// </summary>
    /// <param name="layer">Such as <c>encoder.layer.0.output.dense</c>.</param>
    public QuantizationGroup? GroupOf(string layer)
    {
        if (Ignore.Any(target => Matches(target, layer)))
            return null;
        return Groups.FirstOrDefault(group => group.Targets.Contains(layer))
            ?? Groups.FirstOrDefault(group => group.Targets.Any(target => MatchesPattern(target, layer)))
            ?? Groups.FirstOrDefault(group => group.Targets.Contains(LinearClass));
    }

    private bool Matches(string target, string layer) =>
        target == layer || target == LinearClass || MatchesPattern(target, layer);

    // Patterns come from files: no backtracking, so none can hang. They are anchored at the start, as the format's are.
    private bool MatchesPattern(string target, string layer) =>
        target.StartsWith(PatternPrefix, StringComparison.Ordinal)
        && _patterns.GetOrAdd(target, Compile).IsMatch(layer);

    internal static Regex Compile(string target) =>
        new($@"\A(?:{target[PatternPrefix.Length..]})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}

using System.Collections.Immutable;

namespace ModelCompiler.Runtime.Text;

/// <summary>Everything that a model folder says about its WordPiece tokenizer.</summary>
internal sealed record TokenizerDefinition
{
    /// <summary>The file it comes from, for errors.</summary>
    public required string Path { get; init; }

    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    public required string UnknownToken { get; init; }

    public required string ContinuingPrefix { get; init; }

    public required int MaxCharsPerWord { get; init; }

    public required BertNormalizer Normalizer { get; init; }

    public required ImmutableArray<AddedToken> AddedTokens { get; init; }

    public required TokenTemplate Single { get; init; }

    public required TokenTemplate Pair { get; init; }

    /// <summary>The length that the tokenizer itself cuts to, special tokens included.</summary>
    public int? TruncationLength { get; init; }

    /// <summary>The length that the model is said to take; nothing is cut to it unasked.</summary>
    public int? ModelMaxLength { get; init; }
}

using ModelCompiler.Core.Spec.Configuration;

namespace ModelCompiler.Core.Spec.Declaration;

/// <summary>
/// A declaration as it was written: attribute values as given, nothing checked, and the configuration file that it
/// names. Equal by value and free of compiler types, so that it can be cached between runs of the generator.
/// Enum values are kept as numbers, because user code can cast any number to an enum.
/// </summary>
public sealed record EncoderSpec
{
    /// <summary>The type.</summary>
    public required DeclaredType Type { get; init; }

    /// <summary>The compilation around it.</summary>
    public required DeclarationHost Host { get; init; }

    /// <summary>Arguments of <c>[Encoder]</c>.</summary>
    public required EncoderArguments Encoder { get; init; }

    /// <summary>Arguments of each <c>[Quantize]</c>, in order.</summary>
    public EquatableArray<QuantizeArguments> Quantize { get; init; }

    /// <summary>Arguments of <c>[Shapes]</c>; null where the attribute is absent.</summary>
    public ShapesArguments? Shapes { get; init; }

    /// <summary>Arguments of <c>[Targets]</c>; empty where the attribute is absent.</summary>
    public EquatableArray<int> Targets { get; init; }

    /// <summary>True where <c>[Targets]</c> is there.</summary>
    public bool HasTargets { get; init; }

    /// <summary>True where <c>[Strategy]</c> is there.</summary>
    public bool HasStrategy { get; init; }

    /// <summary>The configuration file.</summary>
    public ConfigSource Config { get; init; } = ConfigSource.None;
}

/// <summary>Arguments of <see cref="EncoderAttribute"/>; null where not given.</summary>
public sealed record EncoderArguments
{
    /// <inheritdoc cref="EncoderAttribute.ConfigPath"/>
    public string? ConfigPath { get; init; }

    /// <inheritdoc cref="EncoderAttribute.Family"/>
    public int? Family { get; init; }

    /// <inheritdoc cref="EncoderAttribute.Head"/>
    public int? Head { get; init; }

    /// <inheritdoc cref="EncoderAttribute.HiddenSize"/>
    public int? HiddenSize { get; init; }

    /// <inheritdoc cref="EncoderAttribute.Layers"/>
    public int? Layers { get; init; }

    /// <inheritdoc cref="EncoderAttribute.AttentionHeads"/>
    public int? AttentionHeads { get; init; }

    /// <inheritdoc cref="EncoderAttribute.IntermediateSize"/>
    public int? IntermediateSize { get; init; }

    /// <inheritdoc cref="EncoderAttribute.VocabularySize"/>
    public int? VocabularySize { get; init; }

    /// <inheritdoc cref="EncoderAttribute.MaxPositions"/>
    public int? MaxPositions { get; init; }

    /// <inheritdoc cref="EncoderAttribute.TokenTypes"/>
    public int? TokenTypes { get; init; }

    /// <inheritdoc cref="EncoderAttribute.PadTokenId"/>
    public int? PadTokenId { get; init; }

    /// <inheritdoc cref="EncoderAttribute.LayerNormEpsilon"/>
    public double? LayerNormEpsilon { get; init; }

    /// <inheritdoc cref="EncoderAttribute.Activation"/>
    public int? Activation { get; init; }

    /// <inheritdoc cref="EncoderAttribute.Labels"/>
    public int? Labels { get; init; }

    /// <inheritdoc cref="EncoderAttribute.NormalizeEmbedding"/>
    public bool NormalizeEmbedding { get; init; }
}

/// <summary>Arguments of one <see cref="QuantizeAttribute"/>.</summary>
/// <param name="Precision">Value of <see cref="ModelCompiler.Precision"/>.</param>
/// <param name="Part">Flags of <see cref="EncoderPart"/>.</param>
/// <param name="Weights">Value of <see cref="Symmetry"/>.</param>
/// <param name="Activations">Value of <see cref="Symmetry"/>.</param>
/// <param name="GroupSize">Inputs that share a weight scale; 0 for a whole row.</param>
/// <param name="Range">Value of <see cref="ActivationRange"/>.</param>
/// <param name="Sparsity">Value of <see cref="ModelCompiler.Sparsity"/>.</param>
public sealed record QuantizeArguments(
    int Precision, int Part = (int)EncoderPart.All, int Weights = 0, int Activations = 0, int GroupSize = 0, int Range = 0, int Sparsity = 0);

/// <summary>Arguments of <see cref="ShapesAttribute"/>.</summary>
/// <param name="Tokens">Token buckets as given.</param>
/// <param name="MaxSequence">Longest sequence; 0 where not given.</param>
public sealed record ShapesArguments(EquatableArray<int> Tokens, int MaxSequence = 0);

/// <summary>What became of the configuration file that a declaration names. A closed set.</summary>
public abstract record ConfigSource
{
    private protected ConfigSource()
    {
    }

    /// <summary>The declaration names no file.</summary>
    public static ConfigSource None { get; } = new NoConfig();
}

/// <summary>The declaration names no file.</summary>
public sealed record NoConfig : ConfigSource;

/// <summary>The file is not among the AdditionalFiles.</summary>
/// <param name="Present">JSON files that are, relative to the project.</param>
public sealed record MissingConfig(EquatableArray<string> Present) : ConfigSource;

/// <summary>Several AdditionalFiles fit the name.</summary>
/// <param name="Matches">Their paths.</param>
public sealed record AmbiguousConfig(EquatableArray<string> Matches) : ConfigSource;

/// <summary>The file was found and read.</summary>
/// <param name="Result">What is in it, or what is wrong with it.</param>
public sealed record FoundConfig(HuggingFaceConfigResult Result) : ConfigSource;

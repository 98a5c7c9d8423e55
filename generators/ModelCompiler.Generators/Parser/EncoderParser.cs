using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelCompiler.Core;
using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Generators.Parser;

/// <summary>Reads the attributes of a class into an <see cref="EncoderSpec"/>, without judging them.</summary>
internal static class EncoderParser
{
    /// <summary>Metadata name of the attribute that makes a class an encoder.</summary>
    public const string EncoderAttributeName = "ModelCompiler.EncoderAttribute";

    private const string SessionTypeName = "ModelCompiler.Runtime.EncoderSession";

    /// <summary>
    /// The declaration of <paramref name="type"/>, its configuration file not yet looked up. Null where the type has no
    /// <c>[Encoder]</c>, or where an attribute argument is not a constant, which the C# compiler reports.
    /// </summary>
    public static EncoderSpec? Parse(INamedTypeSymbol type, Compilation compilation, CancellationToken cancellation)
    {
        EncoderArguments? encoder = null;
        ShapesArguments? shapes = null;
        EquatableArray<int>? targets = null;
        var quantize = new List<QuantizeArguments>();
        bool hasStrategy = false;
        foreach (AttributeData attribute in type.GetAttributes())
        {
            if (!IsOurs(attribute))
                continue;
            if (HasErrors(attribute))
                return null;
            switch (attribute.AttributeClass!.Name)
            {
                case nameof(EncoderAttribute):
                    encoder ??= Encoder(attribute);
                    break;
                case nameof(QuantizeAttribute):
                    quantize.Add(Quantize(attribute));
                    break;
                case nameof(ShapesAttribute):
                    shapes ??= new(Integers(Named(attribute, nameof(ShapesAttribute.Tokens))), Integer(attribute, nameof(ShapesAttribute.MaxSequence)) ?? 0);
                    break;
                case nameof(StrategyAttribute):
                    hasStrategy = true;
                    break;
                case nameof(TargetsAttribute):
                    targets ??= Integers(attribute.ConstructorArguments[0]);
                    break;
            }
        }

        return encoder is null ? null : new()
        {
            Type = DeclaredTypeParser.Parse(type, cancellation),
            Host = Host(compilation),
            Encoder = encoder,
            Quantize = quantize.ToEquatableArray(),
            Shapes = shapes,
            Targets = targets ?? default,
            HasTargets = targets is not null,
            HasStrategy = hasStrategy,
        };
    }

    /// <summary>True for the attributes that declarations are made of.</summary>
    public static bool IsOurs(AttributeData attribute) => attribute.AttributeClass is
    {
        Name: nameof(EncoderAttribute) or nameof(QuantizeAttribute) or nameof(ShapesAttribute) or nameof(StrategyAttribute)
            or nameof(TargetsAttribute),
        ContainingType: null,
        ContainingNamespace: { Name: nameof(ModelCompiler), ContainingNamespace.IsGlobalNamespace: true },
    };

    private static DeclarationHost Host(Compilation compilation) => new(
        compilation.GetTypeByMetadataName(SessionTypeName) is not null,
        compilation is CSharpCompilation csharp ? (int)csharp.LanguageVersion : 0);

    private static EncoderArguments Encoder(AttributeData attribute) => new()
    {
        ConfigPath = attribute.ConstructorArguments.Length == 0 ? null : attribute.ConstructorArguments[0].Value as string ?? "",
        Family = Integer(attribute, nameof(EncoderAttribute.Family)),
        Head = Integer(attribute, nameof(EncoderAttribute.Head)),
        HiddenSize = Integer(attribute, nameof(EncoderAttribute.HiddenSize)),
        Layers = Integer(attribute, nameof(EncoderAttribute.Layers)),
        AttentionHeads = Integer(attribute, nameof(EncoderAttribute.AttentionHeads)),
        IntermediateSize = Integer(attribute, nameof(EncoderAttribute.IntermediateSize)),
        VocabularySize = Integer(attribute, nameof(EncoderAttribute.VocabularySize)),
        MaxPositions = Integer(attribute, nameof(EncoderAttribute.MaxPositions)),
        TokenTypes = Integer(attribute, nameof(EncoderAttribute.TokenTypes)),
        PadTokenId = Integer(attribute, nameof(EncoderAttribute.PadTokenId)),
        LayerNormEpsilon = Named(attribute, nameof(EncoderAttribute.LayerNormEpsilon))?.Value as double?,
        Activation = Integer(attribute, nameof(EncoderAttribute.Activation)),
        Labels = Integer(attribute, nameof(EncoderAttribute.Labels)),
        NormalizeEmbedding = Named(attribute, nameof(EncoderAttribute.NormalizeEmbedding))?.Value is true,
    };

    private static QuantizeArguments Quantize(AttributeData attribute) => new(
        attribute.ConstructorArguments[0].Value as int? ?? 0,
        Integer(attribute, nameof(QuantizeAttribute.Part)) ?? (int)EncoderPart.All,
        Integer(attribute, nameof(QuantizeAttribute.Weights)) ?? 0,
        Integer(attribute, nameof(QuantizeAttribute.Activations)) ?? 0,
        Integer(attribute, nameof(QuantizeAttribute.GroupSize)) ?? 0,
        Integer(attribute, nameof(QuantizeAttribute.Range)) ?? 0,
        Integer(attribute, nameof(QuantizeAttribute.Sparsity)) ?? 0);

    /// <summary>True where the C# compiler could not bind the constructor or an argument.</summary>
    private static bool HasErrors(AttributeData attribute) =>
        attribute.AttributeConstructor is null
        || attribute.ConstructorArguments.Length != attribute.AttributeConstructor.Parameters.Length
        || attribute.ConstructorArguments.Any(IsError)
        || attribute.NamedArguments.Any(a => IsError(a.Value));

    private static bool IsError(TypedConstant value) =>
        value.Kind == TypedConstantKind.Error || (value.Kind == TypedConstantKind.Array && !value.IsNull && value.Values.Any(IsError));

    private static TypedConstant? Named(AttributeData attribute, string name)
    {
        foreach (KeyValuePair<string, TypedConstant> argument in attribute.NamedArguments)
        {
            if (argument.Key == name)
                return argument.Value;
        }

        return null;
    }

    /// <summary>An integer or the number of an enum value; null where not given.</summary>
    private static int? Integer(AttributeData attribute, string name) => Named(attribute, name)?.Value as int?;

    private static EquatableArray<int> Integers(TypedConstant? value) =>
        value is { Kind: TypedConstantKind.Array, IsNull: false } array ? array.Values.Select(v => v.Value as int? ?? 0).ToEquatableArray() : default;
}

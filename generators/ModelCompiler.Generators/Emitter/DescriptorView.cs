using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Generators.Emitter;

/// <summary>Variables of <c>Descriptor.cs.hbs</c>.</summary>
internal sealed class DescriptorView(EncoderClass encoder, ExecutionPlan plan)
{
    private readonly EncoderModel _model = encoder.Declaration.Model;
    private readonly ShapeSet _shapes = encoder.Declaration.Shapes;

    public string Opening => CSharpText.Opening(encoder.Type);

    public string Closing => CSharpText.Closing(encoder.Type);

    public string Name => encoder.Type.Name;

    public string GeneratedCode => CSharpText.GeneratedCode;

    public string FullName => CSharpText.Literal(encoder.Type.FullName);

    public string Family => _model.Family.ToString();

    public string Head => _model.Head.ToString();

    public string HiddenSize => CSharpText.Literal(_model.HiddenSize);

    public string Layers => CSharpText.Literal(_model.Layers);

    public string AttentionHeads => CSharpText.Literal(_model.AttentionHeads);

    public string IntermediateSize => CSharpText.Literal(_model.IntermediateSize);

    public string VocabularySize => CSharpText.Literal(_model.VocabularySize);

    public string MaxPositions => CSharpText.Literal(_model.MaxPositions);

    public string TokenTypes => CSharpText.Literal(_model.TokenTypes);

    public string PadTokenId => CSharpText.Literal(_model.PadTokenId);

    public string LayerNormEpsilon => Invariant.Text(_model.LayerNormEpsilon);

    public string Activation => _model.Activation.ToString();

    public string LabelCount => CSharpText.Literal(_model.Labels);

    public IReadOnlyList<string> Labels =>
        [.. _model.LabelNames.Select((name, i) => CSharpText.Literal(name) + (i + 1 < _model.LabelNames.Count ? "," : ""))];

    public string NormalizeEmbedding => _model.NormalizeEmbedding ? "true" : "false";

    public IReadOnlyList<PartView> Parts => PartView.Of(encoder.Declaration.Scheme);

    public string TokenBuckets => string.Join(", ", _shapes.TokenBuckets.Select(CSharpText.Literal));

    public string MaxSequence => CSharpText.Literal(_shapes.MaxSequence);

    public string Targets => string.Join(", ", encoder.Declaration.Targets.Select(t => "global::ModelCompiler.GpuArch." + t));

    public string PlanHash => ModelCompiler.Core.Planning.PlanHash.Compute(plan, _shapes, encoder.Tuned, encoder.Strategies);

    public bool HasStrategies => encoder.Strategies.Count > 0;

    public IReadOnlyList<StrategyView> Strategies =>
        [.. encoder.Strategies.Select((strategy, i) => new StrategyView(strategy, isLast: i + 1 == encoder.Strategies.Count))];

    public bool HasTuned => encoder.Tuned.Count > 0;

    public IReadOnlyList<TunedView> Tuned =>
        [.. encoder.Tuned.Select((choice, i) => new TunedView(choice, isLast: i + 1 == encoder.Tuned.Count))];

    public IReadOnlyList<string> KernelTargets => [.. encoder.Declaration.Targets.Select(t => t.ToString())];
}

/// <summary>A bucket with precisions of its own in <c>Descriptor.cs.hbs</c>.</summary>
internal sealed class StrategyView(BucketScheme strategy, bool isLast)
{
    public string Arch => strategy.Arch.ToString();

    public string Tokens => CSharpText.Literal(strategy.Tokens);

    public IReadOnlyList<PartView> Parts => PartView.Of(strategy.Scheme);

    public string Separator => isLast ? "" : ",";
}

/// <summary>A tuned kernel in <c>Descriptor.cs.hbs</c>.</summary>
internal sealed class TunedView(KernelChoice choice, bool isLast)
{
    public string Arch => choice.Arch.ToString();

    public string Tokens => CSharpText.Literal(choice.Tokens);

    public string Work => CSharpText.Literal(choice.Work);

    public string Candidate => CSharpText.Literal(choice.Candidate);

    public string Separator => isLast ? "" : ",";
}

/// <summary>Precision of one linear part in <c>Descriptor.cs.hbs</c>.</summary>
internal sealed class PartView(EncoderPart part, LinearPrecision precision)
{
    /// <summary>The four parts of a scheme.</summary>
    public static IReadOnlyList<PartView> Of(QuantizationScheme scheme) => [.. QuantizationScheme.Parts.Select(part => new PartView(part, scheme[part]))];

    public string Part => part.ToString();

    public string WeightBits => CSharpText.Literal(precision.Weights.Bits);

    public string WeightSymmetry => precision.Weights.Symmetry.ToString();

    public string GroupSize => CSharpText.Literal(precision.Weights.GroupSize);

    public string Sparsity => precision.Weights.Sparsity.ToString();

    public string ActivationBits => CSharpText.Literal(precision.Activations.Bits);

    public string ActivationSymmetry => precision.Activations.Symmetry.ToString();

    public string ActivationRange => precision.Activations.Range.ToString();

    public string Separator => part == EncoderPart.MlpOutput ? "" : ",";
}

using FsCheck.Xunit;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Configuration;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;

namespace ModelCompiler.Core.Tests.Spec;

/// <summary>What valid declarations resolve to. Each rule's own test is beside the analyzer, with its place in the source.</summary>
public sealed class SpecValidatorTests
{
    private static EncoderSpec Valid { get; } = new()
    {
        Type = new("Samples", default, "Model", "Samples.Model", "class", IsPartial: true, Arity: 0, HasPrimaryConstructor: false),
        Host = new(ReferencesRuntime: true, LanguageVersion: 1400),
        Encoder = new()
        {
            Family = (int)EncoderFamily.Bert, Head = (int)EncoderHead.None, HiddenSize = 128, Layers = 2, AttentionHeads = 4,
            IntermediateSize = 512, VocabularySize = 1000, MaxPositions = 64,
        },
        Shapes = new(new(32, 64)),
        Targets = new(80, 90),
        HasTargets = true,
    };

    [Fact]
    public void Unstated_options_have_the_defaults_of_the_family()
    {
        EncoderDeclaration bert = Declared(Valid);
        (bert.Model.TokenTypes, bert.Model.PadTokenId, bert.Model.LayerNormEpsilon, bert.Model.Activation).ShouldBe((2, 0, 1e-12, ActivationFunction.Gelu));
        bert.Scheme.ShouldBe(QuantizationScheme.Float16);
        bert.Shapes.ShouldBe(new(new(32, 64), 64));
        bert.Targets.ShouldBe([GpuArch.Sm80, GpuArch.Sm90a]);

        EncoderModel roberta = Declared(Valid with { Encoder = Valid.Encoder with { Family = (int)EncoderFamily.Roberta } }).Model;
        (roberta.TokenTypes, roberta.PadTokenId, roberta.LayerNormEpsilon, roberta.MaxSequence).ShouldBe((1, 1, 1e-5, 62));
        EncoderModel distil = Declared(Valid with { Encoder = Valid.Encoder with { Family = (int)EncoderFamily.DistilBert } }).Model;
        (distil.TokenTypes, distil.PadTokenId, distil.LayerNormEpsilon).ShouldBe((0, 0, 1e-12));
    }

    [Fact]
    public void The_last_attribute_for_a_part_wins()
    {
        EncoderSpec spec = Valid with
        {
            Quantize = new(
                new((int)Precision.W4A4, Weights: (int)Symmetry.Asymmetric, Activations: (int)Symmetry.Asymmetric),
                new((int)Precision.W8A8, (int)(EncoderPart.MlpOutput | EncoderPart.Qkv), Range: (int)ActivationRange.Static),
                new((int)Precision.W4A16, (int)EncoderPart.Qkv, GroupSize: 64)),
        };
        QuantizationScheme scheme = Declared(spec).Scheme;
        scheme.Qkv.ToString().ShouldBe("ws4g64_af16");
        scheme.AttentionOutput.ToString().ShouldBe("wu4_au4");
        scheme.MlpIntermediate.ShouldBe(scheme.AttentionOutput);
        scheme.MlpOutput.ToString().ShouldBe("ws8_as8static");
    }

    [Fact]
    public void Dimensions_and_labels_come_from_the_configuration_and_agree_with_attributes()
    {
        HuggingFaceConfig config = HuggingFaceConfig.Parse("""
            { "model_type": "bert", "architectures": ["BertForTokenClassification"], "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2,
              "intermediate_size": 128, "vocab_size": 50, "max_position_embeddings": 16, "id2label": { "0": "O", "1": "B", "2": "I" } }
            """).Config!;
        EncoderSpec spec = Valid with
        {
            Encoder = new() { ConfigPath = "config.json", HiddenSize = 64, Labels = 3 },
            Config = new FoundConfig(new(config, default)),
        };
        EncoderModel model = Declared(spec).Model;
        model.Head.ShouldBe(EncoderHead.TokenClassifier);
        model.LabelNames.ShouldBe(["O", "B", "I"]);
        model.OutputColumns.ShouldBe(3);
        Declared(spec with { Encoder = new() { ConfigPath = "config.json", Head = (int)EncoderHead.ClsEmbedding, NormalizeEmbedding = true } }).Model.Labels.ShouldBe(0);
        config.DisagreementsWith(model).ShouldBeEmpty();
    }

    [Fact]
    public void Labels_without_names_get_the_names_of_the_library()
    {
        EncoderArguments encoder = Valid.Encoder with { Head = (int)EncoderHead.SequenceClassifier, Labels = 3 };
        Declared(Valid with { Encoder = encoder }).Model.LabelNames.ShouldBe(["LABEL_0", "LABEL_1", "LABEL_2"]);
    }

    [Fact]
    public void A_broken_configuration_does_not_hide_other_mistakes()
    {
        EncoderSpec spec = Valid with
        {
            Encoder = new() { ConfigPath = "config.json" },
            Config = new FoundConfig(HuggingFaceConfig.Parse("{")),
            Targets = default,
            Shapes = new(new(0)),
        };
        ValidationResult result = SpecValidator.Validate(spec);
        result.Declaration.ShouldBeNull();
        result.Errors.Select(e => e.Rule.Id).ShouldBe(["MC0103", "MC0402", "MC0501"]);
    }

    [Fact]
    public void Warnings_do_not_hinder_a_declaration()
    {
        ValidationResult result = SpecValidator.Validate(Valid with { Encoder = Valid.Encoder with { Labels = 2 } });
        result.Declaration.ShouldNotBeNull();
        result.Errors.ShouldHaveSingleItem().Rule.ShouldBe(DimensionRules.LabelsUnused);
    }

    [Fact]
    public void Results_are_equal_by_value()
    {
        SpecValidator.Validate(Valid with { Targets = new(80, 90) }).ShouldBe(SpecValidator.Validate(Valid));
        EncoderSpec wrong = Valid with { Shapes = new(new(64, 32)) };
        SpecValidator.Validate(wrong with { Targets = new(80, 90) }).ShouldBe(SpecValidator.Validate(wrong));
    }

    [Property(MaxTest = 500)]
    public void Any_numbers_give_a_model_or_an_error(int hidden, int layers, int heads, int intermediate, int positions, int pad, int[] buckets, int longest, int part, int precision)
    {
        EncoderSpec spec = Valid with
        {
            Encoder = Valid.Encoder with { HiddenSize = hidden, Layers = layers, AttentionHeads = heads, IntermediateSize = intermediate, MaxPositions = positions, PadTokenId = pad },
            Quantize = new(new QuantizeArguments(precision, part)),
            Shapes = new(new(buckets), longest),
        };
        ValidationResult result = SpecValidator.Validate(spec);
        (result.Declaration is null).ShouldBe(result.Errors.Any(e => e.Rule.Severity == SpecSeverity.Error));
        foreach (SpecError error in result.Errors)
            error.Message.ShouldNotBeNullOrEmpty();
    }

    private static EncoderDeclaration Declared(EncoderSpec spec)
    {
        ValidationResult result = SpecValidator.Validate(spec);
        result.Errors.ShouldBeEmpty();
        return result.Declaration.ShouldNotBeNull();
    }
}

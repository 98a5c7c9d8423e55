using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>What a strategy may choose is what loading accepts.</summary>
public class AllowedPrecisionTests
{
    public static TheoryData<int, int, Symmetry, int, ActivationRange> Made => new()
    {
        { 4, 4, Symmetry.Symmetric, 0, ActivationRange.PerToken },
        { 4, 4, Symmetry.Asymmetric, 0, ActivationRange.Static },
        { 4, 8, Symmetry.Symmetric, 128, ActivationRange.Static },
        { 8, 8, Symmetry.Asymmetric, 0, ActivationRange.PerToken },
        { 4, 16, Symmetry.Symmetric, 64, ActivationRange.PerToken },
    };

    [Theory, MemberData(nameof(Made))]
    public void Every_allowed_precision_takes_the_checkpoints_weights(int weights, int activations, Symmetry symmetry, int group, ActivationRange range)
    {
        var made = new LinearPrecision(
            new(weights, symmetry, group), activations == 16 ? ActivationFormat.Float16 : new(activations, symmetry, range));
        bool symmetric = symmetry == Symmetry.Symmetric;
        var stored = new QuantizationGroup(
            "group_0", ["Linear"],
            new(weights, symmetric, group > 0 ? QuantizationStrategy.Group : QuantizationStrategy.Channel, group > 0 ? group : null, Dynamic: false),
            activations == 16 ? null : new(activations, symmetric, QuantizationStrategy.Token, null, Dynamic: range == ActivationRange.PerToken));
        foreach (LinearPrecision allowed in AllowedPrecisions.For(made))
        {
            var linear = new LinearOp("qkv", EncoderPart.Qkv, new(WeightRole.Qkv, 0), 0, 256, 256, allowed, default);
            Should.NotThrow(() => SchemeAgreement.Require("folder", linear, stored, 256));
        }

        if (activations == 8)
        {
            LinearPrecision below = made with { Activations = made.Activations with { Bits = 4 } };
            var linear = new LinearOp("qkv", EncoderPart.Qkv, new(WeightRole.Qkv, 0), 0, 256, 256, below, default);
            Should.Throw<ModelMismatchException>(() => SchemeAgreement.Require("folder", linear, stored, 256));
        }
    }
}

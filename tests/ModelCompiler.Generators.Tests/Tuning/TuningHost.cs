using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Generators.Tests.Tuning;

/// <summary>A class for Hopper and databases for it.</summary>
internal static class TuningHost
{
    public const int Tokens = 64;

    public static GeneratorHost Host { get; } = GeneratorHost.OfClass(
        $"[Encoder({GeneratorHost.Dimensions})]\n[Quantize(Precision.W4A4)]\n[Shapes(Tokens = [64, 4096])]\n[Targets(GpuArch.Sm90a)]");

    public static TuningStamp Stamp { get; } = new("NVIDIA H100 80GB HBM3", "9.0", 132, "13.0", "12.4", "2026-11-25");

    /// <summary>The class's QKV projection.</summary>
    public static KernelWork Qkv { get; } = KernelWork.AllOf(
        Planner.Plan(
            new()
            {
                Family = EncoderFamily.Bert, Head = EncoderHead.None, HiddenSize = 128, Layers = 2, AttentionHeads = 4, IntermediateSize = 512,
                VocabularySize = 1000, MaxPositions = 64, TokenTypes = 2, PadTokenId = 0, LayerNormEpsilon = 1e-12, Activation = ActivationFunction.Gelu,
            },
            QuantizationScheme.Uniform(new(new(4, Symmetry.Symmetric, 0), new(4, Symmetry.Symmetric, ActivationRange.PerToken)))),
        GpuArch.Sm90a, Tokens)[0].Work;

    /// <summary>Tokens of its candidates at the small bucket, the rules' own first.</summary>
    public static IReadOnlyList<string> Candidates { get; } =
        [.. Qkv.Candidates(GpuArch.Sm90a, Tokens).Select(c => c.Token)];

    /// <summary>Versions of the rules' kernels.</summary>
    public static EquatableArray<string> Kernels { get; } = KernelVersion.Of(Qkv.Rule(GpuArch.Sm90a, Tokens).Kernels);

    /// <summary>A database that prefers a candidate for the QKV projection at the small bucket.</summary>
    public static TuningDatabase Database(string candidate, double microseconds = 4, TuningStamp? stamp = null) =>
        new(stamp ?? Stamp, new(new TuningEntry(Qkv.Name, Tokens, candidate, microseconds, 0.1) { Kernels = Kernels }));

    /// <summary>A tile that the rules do not choose.</summary>
    public static string Other => Candidates[1];
}

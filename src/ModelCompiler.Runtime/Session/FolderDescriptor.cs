using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Configuration;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime;

/// <summary>
/// Descriptors of models that no class was generated for, validated by the rules that the generator uses.
/// </summary>
internal static class FolderDescriptor
{
    private static readonly GpuArch[] AllTargets = [GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90a];

    /// <summary>Buckets of a descriptor that states none: the CPU executor takes any batch up to the last one.</summary>
    public static EquatableArray<int> DefaultBuckets { get; } = new(32, 128, 1024, 4096);

    /// <summary>Validates a configuration with a scheme, as if a class declared both.</summary>
    /// <param name="name">Name in messages.</param>
    /// <param name="config">The parsed configuration.</param>
    /// <param name="quantize">Precisions, later ones override earlier ones; empty for FP16.</param>
    /// <param name="head">What follows the last layer; the configuration's where not stated.</param>
    /// <param name="shapes">Token buckets and longest sequence; <see cref="DefaultBuckets"/> where null.</param>
    /// <param name="targets">Architectures; all where empty.</param>
    /// <param name="tuning">Tuning databases; those that ship with the compiler stand behind them.</param>
    /// <param name="strategy">Buckets run in the fastest precisions that the databases know, as with <see cref="StrategyAttribute"/>.</param>
    /// <exception cref="ModelCompilerException">The declaration breaks a rule; the message names each by its id.</exception>
    public static EncoderDescriptor Create(
        string name,
        HuggingFaceConfig config,
        EquatableArray<QuantizeArguments> quantize,
        EncoderHead head = EncoderHead.FromConfig,
        ShapesArguments? shapes = null,
        EquatableArray<GpuArch> targets = default,
        EquatableArray<TuningFile> tuning = default,
        bool strategy = false)
    {
        var spec = new EncoderSpec
        {
            Type = new("", default, name, name, "class", IsPartial: true, Arity: 0, HasPrimaryConstructor: false),
            Host = new(ReferencesRuntime: true, LanguageVersion: 1400),
            Encoder = new() { ConfigPath = ModelFolder.ConfigName, Head = head == EncoderHead.FromConfig ? null : (int)head },
            Quantize = quantize,
            Shapes = shapes ?? new(DefaultBuckets),
            HasTargets = true,
            Targets = (targets.Count > 0 ? targets : new EquatableArray<GpuArch>(AllTargets)).Select(t => (int)t).ToEquatableArray(),
            Config = new FoundConfig(new(config, default)),
        };
        ValidationResult result = SpecValidator.Validate(spec);
        if (result.Declaration is not { } declaration)
            throw new ModelCompilerException($"{name}: {string.Join(" ", result.Errors)}");
        ExecutionPlan plan = Planner.Plan(declaration.Model, declaration.Scheme);
        (EquatableArray<KernelChoice> tuned, EquatableArray<BucketScheme> strategies) = TuningSet.Choose(
            declaration with { HasStrategy = strategy }, tuning);
        return new()
        {
            Name = name,
            Model = declaration.Model,
            Scheme = declaration.Scheme,
            Shapes = declaration.Shapes,
            Targets = declaration.Targets,
            TunedKernels = tuned,
            Strategies = strategies,
            PlanHash = PlanHash.Compute(plan, declaration.Shapes, tuned, strategies),
            Kernels = () => Render(declaration, tuned, strategies),
        };
    }

    /// <summary>The precisions that a quantized checkpoint was made for, part by part; empty for a float checkpoint.</summary>
    /// <exception cref="ModelMismatchException">A part has a combination of bits that the compiler does not run.</exception>
    public static EquatableArray<QuantizeArguments> SchemeOf(ModelFolder folder)
    {
        if (folder.Quantization is not { } quantization)
            return default;
        EncoderModel model = Create(folder.Path, folder.Config, default).Model;
        var parts = new List<QuantizeArguments>();
        foreach ((EncoderPart part, WeightRole role) in ((EncoderPart, WeightRole)[])[
            (EncoderPart.Qkv, WeightRole.Qkv), (EncoderPart.AttentionOutput, WeightRole.AttentionOutput),
            (EncoderPart.MlpIntermediate, WeightRole.MlpIntermediate), (EncoderPart.MlpOutput, WeightRole.MlpOutput)])
        {
            string module = CheckpointNames.Modules(model, new(role, 0))[0];
            QuantizationGroup? group = quantization.GroupOf(CheckpointNames.EncoderPrefix(model.Family) + module) ?? quantization.GroupOf(module);
            if (group is not null)
                parts.Add(Arguments(folder.Path, part, group));
        }

        return parts.ToEquatableArray();
    }

    private static RenderedKernel[] Render(
        EncoderDeclaration declaration, EquatableArray<KernelChoice> tuned, EquatableArray<BucketScheme> strategies) =>
        [.. declaration.Targets.SelectMany(arch => SchemeGroup.KernelsOf(declaration, arch, tuned, strategies)).Select(KernelRenderer.Render)];

    private static QuantizeArguments Arguments(string folder, EncoderPart part, QuantizationGroup group)
    {
        Precision precision = (group.Weights.Bits, group.InputActivations?.Bits ?? 16) switch
        {
            (4, 4) => Precision.W4A4,
            (4, 8) => Precision.W4A8,
            (8, 8) => Precision.W8A8,
            (4, 16) => Precision.W4A16,
            var (w, a) => throw new ModelMismatchException(folder, part.ToString(), "W4A4, W4A8, W8A8 or W4A16", $"W{w}A{a}"),
        };
        return new(
            (int)precision,
            (int)part,
            group.Weights.Symmetric ? 0 : (int)Symmetry.Asymmetric,
            group.InputActivations is { Symmetric: false } ? (int)Symmetry.Asymmetric : 0,
            group.Weights.GroupSize ?? 0,
            group.InputActivations is { Dynamic: false } ? (int)ActivationRange.Static : 0);
    }
}

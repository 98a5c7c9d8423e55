using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;
using ModelCompiler.Generators.Parser;

namespace ModelCompiler.Generators.Tests.Diagnostics;

public sealed class PrecisionAndShapeDiagnosticTests
{
    private const string Encoder = "[Encoder(" + GeneratorHost.Dimensions + ")]\n";
    private const string Shapes = "[Shapes(Tokens = [64])]\n";
    private const string Targets = "[Targets(GpuArch.Sm80)]\n";
    private const string Class = "public partial class Model;\n";

    private static readonly DiagnosticCase[] s_cases =
    [
        Quantize("MC0301", "9 is not a value of Precision", "[Quantize({|(Precision)9|})]"),
        Quantize("MC0302", "GroupSize must be 0, 64 or 128, found 32", "[Quantize(Precision.W4A8, {|GroupSize = 32|})]"),
        new("MC0303", "Groups of 128 do not divide the 96 inputs of Qkv",
            "[Encoder(" + GeneratorHost.Dimensions.Replace("HiddenSize = 128, Layers = 2, AttentionHeads = 4", "HiddenSize = 96, Layers = 2, AttentionHeads = 3")
            + ")]\n[Quantize(Precision.W4A8, Part = EncoderPart.Qkv | EncoderPart.MlpOutput, {|GroupSize = 128|})]\n" + Shapes + Targets + Class),
        Quantize("MC0304", "GroupSize 64 cannot be combined with asymmetric weights",
            "[Quantize(Precision.W4A16, {|GroupSize = 64|}, Weights = Symmetry.Asymmetric)]"),
        Quantize("MC0305", "GroupSize has no meaning for Fp16, whose weights are not quantized", "[Quantize(Precision.Fp16, {|GroupSize = 64|})]"),
        Quantize("MC0305", "Weights = Symmetry.Asymmetric has no meaning for Fp16, whose weights are not quantized",
            "[Quantize(Precision.Fp16, {|Weights = Symmetry.Asymmetric|})]"),
        Quantize("MC0306", "Activations = Symmetry.Asymmetric has no meaning for W4A16, whose activations are 16 bits wide",
            "[Quantize(Precision.W4A16, {|Activations = Symmetry.Asymmetric|})]"),
        Quantize("MC0306", "Range = ActivationRange.Static has no meaning for Fp16, whose activations are 16 bits wide",
            "[Quantize(Precision.Fp16, {|Range = ActivationRange.Static|})]"),
        Quantize("MC0307", "Qkv, MlpOutput is set again by a later [Quantize] for the same parts, so this one has no effect",
            "[{|Quantize(Precision.W4A4, Part = EncoderPart.Qkv | EncoderPart.MlpOutput)|}]\n[Quantize(Precision.W8A8, Part = EncoderPart.MlpOutput | EncoderPart.Qkv)]"),
        Quantize("MC0308", "16 is not a combination of parts of EncoderPart", "[Quantize(Precision.W4A4, {|Part = (EncoderPart)16|})]"),
        Quantize("MC0308", "0 is not a combination of parts of EncoderPart", "[Quantize(Precision.W4A4, {|Part = 0|})]"),
        Quantize("MC0309", "5 is not a value of Symmetry", "[Quantize(Precision.W4A4, {|Activations = (Symmetry)5|})]"),
        Quantize("MC0309", "7 is not a value of ActivationRange", "[Quantize(Precision.W4A4, {|Range = (ActivationRange)7|})]"),
        Quantize("MC0311", "Sparsity.TwoOfFour with W4A16 needs quantized activations and symmetric weights with one scale per output row", "[Quantize(Precision.W4A16, {|Sparsity = Sparsity.TwoOfFour|})]"),
        Quantize("MC0310", "W8A8 with asymmetric weights needs asymmetric activations too", "[Quantize(Precision.W8A8, {|Weights = Symmetry.Asymmetric|})]"),
        new("MC0401", "'Model' declares no token buckets; write [Shapes(Tokens = [32, 128, 1024])]",
            $"[{{|Encoder({GeneratorHost.Dimensions})|}}]\n" + Targets + Class),
        new("MC0401", "'Model' declares no token buckets; write [Shapes(Tokens = [32, 128, 1024])]",
            Encoder + "[{|Shapes(MaxSequence = 32)|}]\n" + Targets + Class),
        Shape("MC0402", "A token bucket must be greater than zero, found 0", "Tokens = [{|0|}, 64]"),
        Shape("MC0403", "Token buckets must rise, but 64 follows 64", "Tokens = [64, {|64|}]"),
        Shape("MC0403", "Token buckets must rise, but 32 follows 64", "Tokens = new int[] { 64, {|32|}, 128 }"),
        Shape("MC0404", "A token bucket must be at most 65536, found 65537", "Tokens = new[] { 64, {|65537|} }"),
        Shape("MC0405", "The largest bucket holds 32 tokens, but a sequence may have 64; add a bucket or set MaxSequence", "{|Tokens = [16, 32]|}"),
        Shape("MC0406", "MaxSequence is 65, but the model has positions for 64 tokens", "Tokens = [128], {|MaxSequence = 65|}"),
        new("MC0406", "MaxSequence is 63, but the model has positions for 62 tokens",
            Encoder.Replace("EncoderFamily.Bert", "EncoderFamily.Roberta") + "[Shapes(Tokens = [128], {|MaxSequence = 63|})]\n" + Targets + Class),
        Shape("MC0407", "MaxSequence must be 0 or greater, found -1", "Tokens = [128], {|MaxSequence = -1|}"),
        new("MC0501", "'Model' declares no targets; write [Targets(GpuArch.Sm80)]", $"[{{|Encoder({GeneratorHost.Dimensions})|}}]\n" + Shapes + Class),
        new("MC0501", "'Model' declares no targets; write [Targets(GpuArch.Sm80)]", Encoder + Shapes + "[{|Targets|}]\n" + Class),
        new("MC0502", "70 is not a value of GpuArch; known are Sm80, Sm86, Sm89, Sm90a",
            Encoder + Shapes + "[Targets(GpuArch.Sm80, {|(GpuArch)70|})]\n" + Class),
        new("MC0503", "Sm80 is named twice", Encoder + Shapes + "[Targets(GpuArch.Sm80, GpuArch.Sm86, {|GpuArch.Sm80|})]\n" + Class),
    ];

    public static TheoryData<int> Cases => new(Enumerable.Range(0, s_cases.Length));

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Wrong_precision_shape_or_target_is_reported(int index) => s_cases[index].CheckAsync();

    [Fact]
    public void Kernel_beyond_a_limit_is_reported_at_its_target()
    {
        var finding = new ScheduleFinding("gemm_x", "shared memory bytes of a block", 1000, 2000);
        SpecError error = DeclarationCheck.Findings(GpuArch.Sm86, 2, [finding]).ShouldHaveSingleItem();
        error.Rule.Id.ShouldBe("MC0601");
        error.Place.ShouldBe(SpecPlace.Target(2));
        error.Message.ShouldBe("sm_86 cannot run 'gemm_x': shared memory bytes of a block may be at most 1000, found 2000");
    }

    [Fact]
    public async Task Several_mistakes_are_reported_together()
    {
        GeneratorHost host = GeneratorHost.OfClass(
            "[Encoder(" + GeneratorHost.Dimensions.Replace("AttentionHeads = 4", "AttentionHeads = 3") + ")]\n"
            + "[Quantize(Precision.W4A4, GroupSize = 5)]\n[Shapes(Tokens = [64, 32])]\n[Targets(GpuArch.Sm80, GpuArch.Sm80)]");
        (await host.AnalyzeAsync()).Select(d => d.Id).ShouldBe(["MC0203", "MC0302", "MC0403", "MC0503"]);
    }

    private static DiagnosticCase Quantize(string id, string message, string attributes) =>
        new(id, message, Encoder + attributes + "\n" + Shapes + Targets + Class);

    private static DiagnosticCase Shape(string id, string message, string arguments) =>
        new(id, message, Encoder + $"[Shapes({arguments})]\n" + Targets + Class);
}

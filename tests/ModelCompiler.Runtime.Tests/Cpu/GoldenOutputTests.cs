using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Cpu;

/// <summary>FP16 plans against fp32 outputs of Hugging Face transformers; padded rows run as packed sequences.</summary>
public sealed class GoldenOutputTests
{
    private const double Bound = 5e-3;

    [Fact]
    public void Tiny_bert_gives_the_golden_hidden_state_and_pooled_output() =>
        Check(Encoders.TinyBert, Fixture("tiny-bert"), Fixture("tiny-bert"), "pooler_output", QuantizationScheme.Float16, Bound);

    [Fact]
    public void Tiny_bert_without_a_head_gives_the_golden_hidden_state() =>
        Check(Encoders.TinyBert with { Head = EncoderHead.None }, Fixture("tiny-bert"), Fixture("tiny-bert"), null, QuantizationScheme.Float16, Bound);

    [Fact]
    public void Tiny_roberta_gives_the_golden_logits() =>
        Check(Encoders.TinyRoberta, Fixture("tiny-roberta"), Fixture("tiny-roberta"), "logits", QuantizationScheme.Float16, Bound);

    [Fact]
    public void Wordnet_bert_gives_the_golden_logits_and_hidden_state() =>
        Check(Encoders.WordNet, Model, Fixture("wordnet-bert"), "logits", QuantizationScheme.Float16, Bound);

    [Theory]
    [InlineData("w8a8", 0.05)]
    [InlineData("w4a8", 0.2)]
    [InlineData("w4a16", 0.2)]
    [InlineData("w4a8 group 64", 0.2)]
    [InlineData("w4a4", 0.35)]
    [InlineData("w4a4 asymmetric", 0.35)]
    public void Quantized_wordnet_bert_stays_near_the_golden_logits(string scheme, double bound) =>
        Check(Encoders.WordNet, Model, Fixture("wordnet-bert"), "logits", Encoders.Schemes[scheme], bound);

    internal static string Model => Path.Combine(Root, "tests", "fixtures", "wordnet-bert");

    internal static string Fixture(string name) => Path.Combine(Root, "tests", "fixtures", name);

    private static string Root
    {
        get
        {
            string? folder = AppContext.BaseDirectory;
            while (folder is not null && !File.Exists(Path.Combine(folder, "ModelCompiler.sln")))
                folder = Path.GetDirectoryName(folder);
            return folder ?? throw new DirectoryNotFoundException($"No ModelCompiler.sln above {AppContext.BaseDirectory}.");
        }
    }

    private static void Check(EncoderModel model, string modelFolder, string goldenFolder, string? outputName, QuantizationScheme scheme, double bound)
    {
        using Checkpoint checkpoint = Checkpoint.Open(modelFolder);
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(goldenFolder, "golden.safetensors"));
        using CpuWeights weights = CpuWeights.Bind(Planner.Plan(model, scheme), checkpoint);
        using var executor = new CpuExecutor(weights);
        int[] paddedIds = golden.Read<int>("input_ids"), mask = golden.Read<int>("attention_mask");
        int rows = (int)golden.GetInfo("input_ids").Shape[0], width = paddedIds.Length / rows;
        int[] ids = paddedIds.Where((_, i) => mask[i] == 1).ToArray();
        int[] lengths = Enumerable.Range(0, rows).Select(row => mask.Skip(row * width).Take(width).Sum()).ToArray();
        float[] output = new float[executor.OutputLength(ids.Length, rows)], hidden = new float[ids.Length * model.HiddenSize];
        executor.Run(ids, lengths, [], output, hidden);

        if (outputName is not null)
            Rows.RelativeError(output, golden.ReadSingles(outputName)).ShouldBeLessThan(bound);
        if (golden.TryGetInfo("last_hidden_state", out _))
        {
            float[] expected = golden.ReadSingles("last_hidden_state")
                .Chunk(model.HiddenSize).Where((_, i) => mask[i] == 1).SelectMany(row => row).ToArray();
            Rows.RelativeError(hidden, expected).ShouldBeLessThan(bound);
            if (outputName is null)
                output.ShouldBe(hidden);
        }
    }
}

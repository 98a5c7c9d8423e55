using System.Text.Json;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Training.Data;
using ModelCompiler.Training.Modules;

namespace ModelCompiler.Training.Tests.Modules;

public sealed class ForwardTests
{
    [Fact]
    public void LogitsAreThoseOfTheOriginalModel()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(Fixtures.WordNetModel, "golden.safetensors"));
        using TrainableEncoder model = EncoderReader.FromFolder(Fixtures.WordNetModel, torch.CPU);
        TokenizedData data = GoldenInputs(golden);
        float[] logits = Training.Running.Evaluator.Logits(model, data);
        Tensors.RelativeError(logits, golden.ReadSingles("logits")).ShouldBeLessThan(1e-4);
    }

    [Fact]
    public void WrittenFolderReadsBackTheSame()
    {
        using var folder = new TestFolder();
        Fixtures.WriteTinyBert(folder.File("tiny"));
        using TrainableEncoder model = EncoderReader.Random(folder.File("tiny"), torch.CPU, seed: 3);
        EncoderWriter.Write(model, folder.File("tiny"), folder.File("out"));
        using TrainableEncoder back = EncoderReader.FromFolder(folder.File("out"), torch.CPU);
        foreach ((ModelParameter a, ModelParameter b) in model.Parameters.Zip(back.Parameters))
            b.Value.ToArray().ShouldBe(a.Value.ToArray(), a.Name);
    }

    [Fact]
    public void StudentKeepsTheChosenLayers()
    {
        using var folder = new TestFolder();
        Fixtures.WriteTinyBert(folder.File("tiny"), layers: 3);
        using TrainableEncoder model = EncoderReader.Random(folder.File("tiny"), torch.CPU, seed: 3);
        EncoderWriter.Write(model, folder.File("tiny"), folder.File("out"));
        using TrainableEncoder student = EncoderReader.FromFolder(folder.File("out"), torch.CPU, [0, 2]);
        student.Layers.Count.ShouldBe(2);
        student.Layers[1].MlpOutput.Weight.Value.ToArray().ShouldBe(model.Layers[2].MlpOutput.Weight.Value.ToArray());
    }

    [Fact]
    public void RandomWeightsHaveTheirDeviation()
    {
        using TrainableEncoder model = EncoderReader.Random(Fixtures.WordNetModel, torch.CPU, seed: 1);
        float[] word = model.Embeddings.Word.Value.ToArray();
        Math.Sqrt(word.Average(v => (double)v * v)).ShouldBe(0.02, tolerance: 1e-4);
        model.Layers[0].AttentionNorm.Weight.Value.ToArray().ShouldAllBe(v => v == 1);
        model.Layers[0].Qkv.Bias.Value.ToArray().ShouldAllBe(v => v == 0);
    }

    [Fact]
    public void QuantizationChangesLogitsAndGradientsReachEveryParameter()
    {
        using var scope = torch.NewDisposeScope();
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(Fixtures.WordNetModel, "golden.safetensors"));
        using TrainableEncoder model = EncoderReader.FromFolder(Fixtures.WordNetModel, torch.CPU);
        model.Quantize(QuantizationScheme.Uniform(new(new(4, Symmetry.Symmetric, 0), new(4, Symmetry.Symmetric, ActivationRange.PerToken))));
        TokenizedData data = GoldenInputs(golden);
        int[] rows = [.. Enumerable.Range(0, data.Count)];
        using EncoderBatch batch = EncoderBatch.Of(data, rows, rows, 0, torch.CPU);
        Tensor logits = model.Forward(batch).Logits;
        Tensors.RelativeError(logits.ToArray(), golden.ReadSingles("logits")).ShouldBeInRange(1e-3, 0.5);
        Training.Distillation.Losses.CrossEntropy(logits, batch, 0).backward();
        foreach (ModelParameter parameter in model.Parameters)
            parameter.Value.grad!.abs().sum().item<float>().ShouldBeGreaterThan(0, parameter.Name);
    }

    internal static TokenizedData GoldenInputs(SafetensorsFile golden)
    {
        int[] ids = golden.Read<int>("input_ids"), mask = golden.Read<int>("attention_mask");
        int rows = (int)golden.GetInfo("input_ids").Shape[0], length = ids.Length / rows;
        int[] lengths = [.. Enumerable.Range(0, rows).Select(r => (int)mask.AsSpan(r * length, length).ToArray().Sum())];
        int[] kept = [.. Enumerable.Range(0, ids.Length).Where(i => mask[i] == 1).Select(i => ids[i])];
        return new(kept, new byte[kept.Length], lengths, new int[rows]);
    }
}

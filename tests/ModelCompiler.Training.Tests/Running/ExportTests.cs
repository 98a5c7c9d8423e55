using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Data;
using ModelCompiler.Runtime.Text;
using ModelCompiler.Training.Data;
using ModelCompiler.Training.Export;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Recipes;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Tests.Running;

/// <summary>The CPU executor gives the trained module's logits from the exported checkpoint.</summary>
public sealed class ExportTests
{
    [Theory]
    [InlineData(4, 4, Symmetry.Symmetric, ActivationRange.PerToken, 0, 1e-5)]
    [InlineData(4, 4, Symmetry.Asymmetric, ActivationRange.PerToken, 0, 1e-5)]
    [InlineData(4, 8, Symmetry.Asymmetric, ActivationRange.PerToken, 0, 1e-5)]
    [InlineData(8, 8, Symmetry.Symmetric, ActivationRange.Static, 0, 1e-5)]
    // Without the integer form sums of products run in another order.
    [InlineData(4, 8, Symmetry.Symmetric, ActivationRange.PerToken, 64, 1e-2)]
    [InlineData(4, 16, Symmetry.Symmetric, ActivationRange.PerToken, 0, 1e-2)]
    public void ExecutorGivesTheModulesLogits(
        int weightBits, int activationBits, Symmetry symmetry, ActivationRange range, int group, double bound)
    {
        using var folder = new TestFolder();
        var activations = activationBits == 16 ? ActivationFormat.Float16 : new ActivationFormat(activationBits, symmetry, range);
        var scheme = QuantizationScheme.Uniform(new(new(weightBits, symmetry, group), activations));
        using TrainableEncoder model = EncoderReader.FromFolder(Fixtures.WordNetModel, torch.CPU);
        foreach (ModelParameter parameter in model.Parameters)
            parameter.Value.detach().mul_(1.0007f); // trained values are no FP16 numbers
        model.Quantize(scheme);
        model.StoresHalf = true;
        TextExample[] examples = [.. WordNetDefinitions.Read(RecipeReader.DefaultWordNetFolder, DataSplit.Test)
            .Where((_, i) => i % 60 == 0).Select(d => new TextExample(d.Text, null, d.Label))];
        var tokenizer = WordPieceTokenizer.FromFolder(Fixtures.WordNetModel);
        TokenizedData data = TokenizedData.Encode(tokenizer, examples, 48);
        StaticRanges.Calibrate(model, data, batchRows: 64, batches: 2, seed: 1);
        QuantizedExport.Write(model, scheme, Fixtures.WordNetModel, folder.File("out"));

        float[] executor = ExecutorLogits(folder.File("out"), data);
        model.FollowsExecutors = true;
        float[] module = Evaluator.Logits(model, data);
        Tensors.RelativeError(executor, module).ShouldBeLessThan(bound);
        int labels = model.Model.Labels;
        int same = Enumerable.Range(0, data.Count).Count(i =>
            ArgMax(executor.AsSpan(i * labels, labels)) == ArgMax(module.AsSpan(i * labels, labels)));
        ((double)same / data.Count).ShouldBeGreaterThanOrEqualTo(bound < 1e-4 ? 1 : 0.985); // of 199: near ties

        // While training: the terms of the asymmetric product are some hundred times its result, so the last bit of a range
        // becomes an error that turns codes of the next part.
        model.FollowsExecutors = false;
        Tensors.RelativeError(executor, Evaluator.Logits(model, data)).ShouldBeLessThan(symmetry == Symmetry.Asymmetric ? 2e-2 : 1e-2);
    }

    [Fact]
    public void TrainedAsymmetricModelIsAsAccurateInTheExecutor()
    {
        using var tiny = new TinyRecipe();
        Recipe recipe = tiny.Read("""quantization={"precision":"w4a4","weights":"asymmetric","activations":"asymmetric"}""");
        TrainingResult result = Trainer.Run(recipe, new());
        IReadOnlyList<TextExample> examples = TextFiles.Read(recipe.Data, DataSplit.Test, ["colour", "taste", "sound"]);
        TokenizedData data = TokenizedData.Encode(WordPieceTokenizer.FromFolder(result.Model), examples, recipe.Data.MaxLength);
        float[] logits = ExecutorLogits(result.Model, data);
        int correct = Enumerable.Range(0, data.Count).Count(i => ArgMax(logits.AsSpan(3 * i, 3)) == examples[i].Label);
        result.TestAccuracy.ShouldBe((double)correct / data.Count);
        correct.ShouldBeGreaterThan(data.Count / 2); // chance is 1 in 3
    }

    private static int ArgMax(ReadOnlySpan<float> values) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(values);

    internal static float[] ExecutorLogits(string path, TokenizedData data)
    {
        ModelFolder files = ModelFolder.Open(path);
        EncoderDescriptor descriptor = FolderDescriptor.Create(path, files.Config, FolderDescriptor.SchemeOf(files));
        using EncoderSession session = EncoderSession.Load(descriptor, path, new());
        var logits = new List<float>();
        for (int i = 0; i < data.Count; i++)
        {
            int[] ids = data.IdsOf(i).ToArray();
            var output = new float[descriptor.Model.Labels];
            session.Forward(ids, [ids.Length], output);
            logits.AddRange(output);
        }

        return [.. logits];
    }
}

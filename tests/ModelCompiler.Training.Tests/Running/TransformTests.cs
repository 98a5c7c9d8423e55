using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Text;
using ModelCompiler.Training.Checkpoints;
using ModelCompiler.Training.Data;
using ModelCompiler.Training.Export;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Optimization;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Tests.Running;

/// <summary>The seam for masks: in front of the quantizer, behind it, in checkpoints and in exported codes.</summary>
public sealed class TransformTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MaskedModelExportsItsZeros(bool before)
    {
        using var folder = new TestFolder();
        using TrainableEncoder model = Masked(before, Symmetry.Symmetric);
        QuantizationScheme scheme = Scheme(Symmetry.Symmetric);
        QuantizedExport.Write(model, scheme, Fixtures.WordNetModel, folder.File("out"));
        TextExample[] examples = [.. new[] { "a small animal", "move with speed", "of or relating to music", "a unit of length" }.Select(t => new TextExample(t, null, 0))];
        TokenizedData data = TokenizedData.Encode(WordPieceTokenizer.FromFolder(Fixtures.WordNetModel), examples, 48);
        Tensors.RelativeError(ExportTests.ExecutorLogits(folder.File("out"), data), Evaluator.Logits(model, data)).ShouldBeLessThan(1e-2);
        float[] weight = model.Layers[0].MlpOutput.EffectiveWeight().ToArray();
        weight.Count(v => v == 0).ShouldBeGreaterThanOrEqualTo(weight.Length / 2);
    }

    [Fact]
    public void MaskBehindAsymmetricCodesIsRefused()
    {
        using var folder = new TestFolder();
        using TrainableEncoder model = Masked(before: false, Symmetry.Asymmetric);
        Should.Throw<TrainingException>(() => QuantizedExport.Write(model, Scheme(Symmetry.Asymmetric), Fixtures.WordNetModel, folder.File("out")))
            .Message.ShouldContain("no code for zero");
        Directory.Exists(folder.File("out")).ShouldBeFalse();
    }

    [Fact]
    public void MaskIsInTheCheckpoint()
    {
        using var folder = new TestFolder();
        using TrainableEncoder model = Masked(before: true, Symmetry.Symmetric);
        using var parameters = new FlatParameters(model.Parameters);
        using var optimizer = new AdamW(parameters, 0.9, 0.999, 0);
        var store = new CheckpointStore(folder.File("checkpoint"), "{}");
        store.Save(new() { Step = 1, Updates = 1, LossScale = 1, GoodSteps = 0, BestAccuracy = 0, BestStep = 0, Seconds = 0 }, parameters, optimizer, model);
        Tensor mask = ((Mask)model.Layers[1].Qkv.BeforeQuantization!).Value;
        float[] saved = mask.ToArray();
        mask.zero_();
        store.Restore(parameters, optimizer, model);
        mask.ToArray().ShouldBe(saved);
    }

    [Fact]
    public void MaskStopsTheGradientOfWhatItHides()
    {
        using TrainableEncoder model = Masked(before: true, Symmetry.Symmetric);
        QuantizedLinear linear = model.Layers[0].AttentionOutput;
        linear.EffectiveWeight().sum().backward();
        linear.Weight.Value.grad!.ToArray().ShouldBe(((Mask)linear.BeforeQuantization!).Value.ToArray());
    }

    private static QuantizationScheme Scheme(Symmetry symmetry) =>
        QuantizationScheme.Uniform(new(new(4, symmetry, 0), new(8, Symmetry.Symmetric, ActivationRange.PerToken)));

    private static TrainableEncoder Masked(bool before, Symmetry symmetry)
    {
        TrainableEncoder model = EncoderReader.FromFolder(Fixtures.WordNetModel, torch.CPU);
        model.Quantize(Scheme(symmetry));
        model.StoresHalf = true;
        foreach (QuantizedLinear linear in model.Linears)
        {
            var mask = new Mask(linear.Weight.Value.shape);
            linear.BeforeQuantization = before ? mask : null;
            linear.AfterQuantization = before ? null : mask;
        }

        return model;
    }

    /// <summary>Every other input of a row.</summary>
    private sealed class Mask(long[] shape) : IWeightTransform
    {
        public Tensor Value { get; } = Tensors.Of([.. Enumerable.Range(0, (int)(shape[0] * shape[1])).Select(i => i % 2 == 0 ? 1f : 0f)], shape);

        public IEnumerable<(string Name, Tensor Value)> Buffers => [("mask", Value)];

        public Tensor Apply(Tensor weight) => weight.mul(Value);
    }
}

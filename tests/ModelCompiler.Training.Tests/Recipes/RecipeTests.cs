using ModelCompiler.Core.Spec;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Tests.Recipes;

public sealed class RecipeTests
{
    private const string Model = "\"model\": { \"from\": \"m\" },", Data = "\"data\": { \"format\": \"wordnet\" },";

    [Theory]
    [InlineData("\"training\": { \"epochs\": 0 }", 5, "training.epochs", "at least 1", "0")]
    [InlineData("\"training\": { \"epochs\": 2.5 }", 5, "training.epochs", "whole number", "2.5")]
    [InlineData("\"training\": { \"learnigRate\": 1 }", 5, "training.learnigRate", "learningRate", "'learnigRate'")]
    [InlineData("\"training\": { \"decay\": \"steep\" }", 5, "training.decay", "linear, cosine, constant", "'steep'")]
    [InlineData("\"training\": {}, \"quantization\": { }", 5, "quantization.precision", "this field", "nothing")]
    [InlineData("\"training\": {}, \"quantization\": { \"precision\": \"w3a3\" }", 5, "quantization.precision", "w4a4", "'w3a3'")]
    [InlineData("\"training\": {}, \"quantization\": { \"precision\": \"w4a4\", \"group\": 32 }", 5, "quantization.group", "64, 128", "32")]
    [InlineData("\"training\": {}, \"quantization\": { \"precision\": \"w4a4\", \"weights\": \"asymmetric\" }", 5, "quantization.activations", "MC0310", "symmetric")]
    [InlineData("\"training\": {}, \"quantization\": { \"precision\": \"w4a4\", \"parts\": { \"mlp\": \"w8a8\" } }", 5, "quantization.parts.mlp", "mlpOutput", "'mlp'")]
    [InlineData("\"training\": {}, \"distillation\": { \"teachers\": \"t\", \"logits\": 0 }", 5, "distillation", "weight above 0", "none")]
    [InlineData("\"training\": { \"batch\": 10, \"accumulation\": 3 }", 5, "training.accumulation", "divisor", "3")]
    [InlineData("\"training\": {}, \"seed\": 1, \"seed\": 2", 5, "seed", "once", "second time")]
    [InlineData("\"training\": [1]", 5, "training", "an object", "an array of 1")]
    [InlineData("\"training\": { \"epochs\": }", 5, "", "well-formed JSON", "'}'")]
    public void WrongFieldIsNamedWithItsLine(string section, long line, string field, string expected, string found)
    {
        using var folder = new TestFolder();
        string path = folder.Write("recipe.json", "{", "\"output\": \"out\",", Model, Data, section, "}");
        RecipeException exception = Should.Throw<RecipeException>(() => RecipeReader.Read(path));
        exception.Line.ShouldBe(line);
        exception.Field.ShouldBe(field);
        exception.Expected.ShouldContain(expected);
        exception.Found.ShouldContain(found);
        exception.Message.ShouldStartWith($"{path}, line {line}");
    }

    [Fact]
    public void CommandLineSetsFields()
    {
        using var folder = new TestFolder();
        string path = folder.Write("recipe.json", "{", "\"output\": \"out\",", Model, Data, "\"training\": { \"epochs\": 1 }", "}");
        Recipe recipe = RecipeReader.Read(path, "training.epochs=4", "quantization.precision=w4a8", "quantization.activations=asymmetric", "seed=5");
        recipe.Training.Epochs.ShouldBe(4);
        recipe.Seed.ShouldBe(5);
        recipe.Quantization!.Scheme.MlpOutput.Weights.ShouldBe(new WeightFormat(4, Symmetry.Symmetric, 0));
        recipe.Quantization.Scheme.Qkv.Activations.ShouldBe(new ActivationFormat(8, Symmetry.Asymmetric, ActivationRange.PerToken));
        recipe.Output.ShouldBe(folder.File("out"));
        Should.Throw<RecipeException>(() => RecipeReader.Read(path, "training.epochs=none")).Message.ShouldContain("--set training.epochs=none");
    }

    [Fact]
    public void PartsHaveTheirOwnPrecision()
    {
        using var folder = new TestFolder();
        string path = folder.Write(
            "recipe.json", "{", "\"output\": \"out\",", Model, Data, "\"training\": {},",
            "\"quantization\": { \"precision\": \"w4a4\", \"parts\": { \"mlpOutput\": \"w8a8\", \"qkv\": \"fp16\" } }", "}");
        QuantizationScheme scheme = RecipeReader.Read(path).Quantization!.Scheme;
        scheme.MlpOutput.Weights.Bits.ShouldBe(8);
        scheme.Qkv.ShouldBe(LinearPrecision.Float16);
        scheme.AttentionOutput.Activations.Bits.ShouldBe(4);
    }
}

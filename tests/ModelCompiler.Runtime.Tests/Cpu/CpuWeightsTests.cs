using System.Text.Json.Nodes;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu;
using ModelCompiler.Runtime.Cpu.Binding;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime.Tests.Cpu;

public sealed class CpuWeightsTests : IDisposable
{
    private static readonly ExecutionPlan s_plan = Planner.Plan(Encoders.TinyBert, QuantizationScheme.Float16);
    private readonly string _folder = Directory.CreateTempSubdirectory("mc-weights-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_missing_tensor_is_named() =>
        Fails(TensorMismatch.Missing, "encoder.layer.1.output.dense.bias", tensors => tensors.Remove("encoder.layer.1.output.dense.bias"));

    [Fact]
    public void A_tensor_of_a_layer_that_the_model_lacks_is_named() =>
        Fails(TensorMismatch.Extra, "encoder.layer.3.output.dense.bias", tensors =>
            tensors.Add("encoder.layer.3.output.dense.bias", TensorSource.From("encoder.layer.3.output.dense.bias", new float[128], 128)));

    [Fact]
    public void A_tensor_of_another_shape_is_named() =>
        Fails(TensorMismatch.Shape, "embeddings.position_embeddings.weight", tensors =>
            tensors["embeddings.position_embeddings.weight"] = TensorSource.From("embeddings.position_embeddings.weight", new float[65 * 128], 65, 128));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void A_value_that_is_no_number_is_refused(float value)
    {
        float[] bias = new float[128];
        bias[5] = value;
        Fails(TensorMismatch.Value, "encoder.layer.0.attention.self.key.bias", tensors =>
            tensors["encoder.layer.0.attention.self.key.bias"] = TensorSource.From("encoder.layer.0.attention.self.key.bias", bias, 128));
    }

    [Fact]
    public void Integer_weights_are_refused() =>
        Fails(TensorMismatch.ElementType, "pooler.dense.weight", tensors =>
            tensors["pooler.dense.weight"] = TensorSource.From("pooler.dense.weight", new int[128 * 128], 128, 128));

    [Theory]
    [InlineData("w8a8")]
    [InlineData("w4a8 group 64")]
    [InlineData("w4a4 asymmetric")]
    [InlineData("w4a16")]
    public void Packed_codes_give_the_same_bits_as_quantizing_at_load(string name)
    {
        ExecutionPlan plan = Planner.Plan(Encoders.TinyBert, Encoders.Schemes[name]);
        using Checkpoint floats = Checkpoint.Open(GoldenOutputTests.Fixture("tiny-bert"));
        float[] expected = Run(plan, floats);
        WriteQuantized(floats, plan.Scheme.Qkv);
        using Checkpoint packed = Checkpoint.Open(_folder);
        Run(plan, packed).ShouldBe(expected);
    }

    [Fact]
    public void Packed_codes_of_another_format_than_the_plan_are_refused()
    {
        using Checkpoint floats = Checkpoint.Open(GoldenOutputTests.Fixture("tiny-bert"));
        WriteQuantized(floats, Encoders.Schemes["w8a8"].Qkv);
        using Checkpoint packed = Checkpoint.Open(_folder);
        ExecutionPlan plan = Planner.Plan(Encoders.TinyBert, Encoders.Schemes["w4a8"]);
        var exception = Should.Throw<ModelMismatchException>(() => CpuWeights.Bind(plan, packed));
        exception.Expected.ShouldContain("s4");
        exception.Found.ShouldContain("s8");
    }

    [Fact]
    public void A_static_plan_without_a_stored_range_names_the_tensor_that_it_lacks()
    {
        using Checkpoint floats = Checkpoint.Open(GoldenOutputTests.Fixture("tiny-bert"));
        ExecutionPlan plan = Planner.Plan(Encoders.TinyBert, Encoders.Schemes["w8a8 static"]);
        Should.Throw<TensorMismatchException>(() => CpuWeights.Bind(plan, floats)).TensorName
            .ShouldBe("encoder.layer.0.attention.self.query.input_scale");
    }

    private static float[] Run(ExecutionPlan plan, Checkpoint checkpoint)
    {
        using CpuWeights weights = CpuWeights.Bind(plan, checkpoint);
        using var executor = new CpuExecutor(weights);
        float[] output = new float[executor.OutputLength(9, 2)];
        executor.Run([1, 2, 3, 4, 5, 6, 7, 8, 9], [4, 5], [], output);
        return output;
    }

    private void Fails(TensorMismatch mismatch, string tensor, Action<Dictionary<string, TensorSource>> change)
    {
        using (Checkpoint original = Checkpoint.Open(GoldenOutputTests.Fixture("tiny-bert")))
        {
            var tensors = original.Names.ToDictionary(name => name, name => original.Get(name).ToSource());
            change(tensors);
            SafetensorsWriter.Write(Path.Combine(_folder, Checkpoint.SingleFileName), tensors.Values);
        }

        using Checkpoint changed = Checkpoint.Open(_folder);
        var exception = Should.Throw<TensorMismatchException>(() => CpuWeights.Bind(s_plan, changed));
        exception.Mismatch.ShouldBe(mismatch);
        exception.TensorName.ShouldBe(tensor);
    }

    /// <summary>Writes the four parts of every layer as packed codes, everything else as it is.</summary>
    private void WriteQuantized(Checkpoint floats, LinearPrecision precision)
    {
        var tensors = floats.Names.ToDictionary(name => name, name => floats.Get(name).ToSource());
        WeightFormat format = precision.Weights;
        foreach (string name in floats.Names.Where(name => name.StartsWith("encoder.", StringComparison.Ordinal) && name.EndsWith(".dense.weight", StringComparison.Ordinal)
            || name.Contains(".self.", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal)))
        {
            string layer = name[..^".weight".Length];
            CheckpointTensor tensor = floats.Get(name);
            int rows = (int)tensor.Info.Shape[0], columns = (int)tensor.Info.Shape[1];
            QuantizedMatrix matrix = QuantizedMatrix.RoundToNearest(tensor.ReadSingles(), columns, format);
            tensors.Remove(name);
            var packed = new PackedLinear
            {
                OutFeatures = rows, InFeatures = columns, Bits = format.Bits, GroupSize = matrix.GroupSize,
                Codes = Array.ConvertAll(matrix.Codes, code => unchecked((sbyte)code)), Scales = matrix.Scales, Minimums = matrix.Minimums,
            };
            foreach (TensorSource source in packed.ToTensors(layer))
                tensors.Add(source.Name, source);
        }

        SafetensorsWriter.Write(Path.Combine(_folder, Checkpoint.SingleFileName), tensors.Values);
        var arguments = new QuantizationArguments(
            format.Bits, format.Symmetry == Symmetry.Symmetric, format.GroupSize > 0 ? QuantizationStrategy.Group : QuantizationStrategy.Channel,
            format.GroupSize > 0 ? format.GroupSize : null, Dynamic: false);
        ActivationFormat inputs = precision.Activations;
        QuantizationArguments? activations = inputs.IsQuantized
            ? new(inputs.Bits, inputs.Symmetry == Symmetry.Symmetric, QuantizationStrategy.Token, null, Dynamic: true)
            : null;
        var config = new QuantizationConfig([new("group_0", ["Linear"], arguments, activations)], ["pooler.dense"]);
        File.WriteAllText(
            Path.Combine(_folder, "config.json"),
            new JsonObject { [QuantizationConfigJson.PropertyName] = QuantizationConfigJson.Write(config) }.ToJsonString());
    }
}

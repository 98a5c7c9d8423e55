using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime.Quantization;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>Folders that were quantized ahead of time, and which classes may run them.</summary>
public sealed class QuantizedFolderTests : IDisposable
{
    private const string Value = "roberta.encoder.layer.0.attention.self.value";

    private readonly string _target = Path.Combine(Directory.CreateTempSubdirectory("quantized-").FullName, "model");
    private readonly int[] _ids = [0, 17, 4, 99, 2, 0, 8, 2];
    private readonly int[] _lengths = [5, 3];

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_target)!, recursive: true);

    [Theory]
    [InlineData(Precision.W4A4, Symmetry.Symmetric)]
    [InlineData(Precision.W4A4, Symmetry.Asymmetric)]
    [InlineData(Precision.W8A8, Symmetry.Symmetric)]
    [InlineData(Precision.W4A8, Symmetry.Asymmetric)]
    [InlineData(Precision.W4A16, Symmetry.Symmetric)]
    public void A_quantized_folder_computes_what_quantizing_at_load_computes(Precision precision, Symmetry symmetry)
    {
        EncoderDescriptor descriptor = ModelFixtures.Describe(ModelFixtures.TinyRoberta, precision, symmetry: symmetry);
        Quantize(descriptor);

        Logits(descriptor, _target).ShouldBe(Logits(descriptor, ModelFixtures.TinyRoberta));
    }

    [Fact]
    public void The_scheme_of_a_folder_can_be_read_from_it()
    {
        EncoderDescriptor descriptor = ModelFixtures.Describe(ModelFixtures.TinyRoberta, Precision.W4A8);
        Quantize(descriptor);
        ModelFolder folder = ModelFolder.Open(_target);

        FolderDescriptor.Create("again", folder.Config, FolderDescriptor.SchemeOf(folder)).Scheme.ShouldBe(descriptor.Scheme);
    }

    [Fact]
    public void Weights_trained_for_narrow_activations_run_at_wider_ones()
    {
        Quantize(ModelFixtures.Describe(ModelFixtures.TinyRoberta, Precision.W4A4));
        float[] reference = Logits(ModelFixtures.Describe(ModelFixtures.TinyRoberta, Precision.W4A16), _target);

        float[] wider = Logits(ModelFixtures.Describe(ModelFixtures.TinyRoberta, Precision.W4A8), _target);
        float[] dequantized = Logits(ModelFixtures.Describe(ModelFixtures.TinyRoberta), _target);
        ModelFixtures.RelativeError(wider, reference).ShouldBeLessThan(0.05);
        ModelFixtures.RelativeError(dequantized, reference).ShouldBeLessThan(0.01);
    }

    [Theory]
    [InlineData(Symmetry.Symmetric)]
    [InlineData(Symmetry.Asymmetric)]
    public void Int4_weights_run_as_int8_ones_of_the_same_value(Symmetry symmetry)
    {
        EncoderDescriptor narrow = ModelFixtures.Describe(ModelFixtures.TinyRoberta, Precision.W4A8, symmetry: symmetry);
        Quantize(narrow);

        Logits(ModelFixtures.Describe(ModelFixtures.TinyRoberta, Precision.W8A8, symmetry: symmetry), _target).ShouldBe(Logits(narrow, _target));
    }

    [Theory]
    [InlineData(Precision.W4A4, Symmetry.Symmetric, "activations s4", "activations s8")]
    [InlineData(Precision.W4A8, Symmetry.Asymmetric, "weights u4", "weights s4")]
    public void A_class_of_another_scheme_is_refused_with_part_and_both_formats(Precision precision, Symmetry symmetry, string expected, string found)
    {
        Quantize(ModelFixtures.Describe(ModelFixtures.TinyRoberta, Precision.W4A8));
        EncoderDescriptor other = ModelFixtures.Describe(ModelFixtures.TinyRoberta, precision, symmetry: symmetry);

        var e = Should.Throw<ModelMismatchException>(() => EncoderSession.Load(other, _target));
        e.Field.ShouldBe("Qkv of layer 0");
        e.Expected.ShouldContain(expected);
        e.Found.ShouldContain(found);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(0f)]
    [InlineData(-1f)]
    public void A_scale_that_is_none_is_named(float scale)
    {
        EncoderDescriptor descriptor = ModelFixtures.Describe(ModelFixtures.TinyRoberta, Precision.W8A8);
        Quantize(descriptor);
        Change(tensors =>
        {
            float[] scales = [.. Enumerable.Repeat(0.01f, 95), scale];
            tensors[Value + ".weight_scale"] = TensorSource.From(Value + ".weight_scale", scales, 96, 1);
        });

        var e = Should.Throw<TensorMismatchException>(() => EncoderSession.Load(descriptor, _target));
        (e.Mismatch, e.TensorName).ShouldBe((TensorMismatch.Value, Value + ".weight_scale"));
        e.Found.ShouldContain("element 95");
    }

    [Theory]
    [InlineData("weight_packed")]
    [InlineData("weight_scale")]
    [InlineData("weight_shape")]
    public void A_missing_part_of_a_packed_weight_is_named(string suffix)
    {
        EncoderDescriptor descriptor = ModelFixtures.Describe(ModelFixtures.TinyRoberta, Precision.W8A8);
        Quantize(descriptor);
        Change(tensors => tensors.Remove($"{Value}.{suffix}"));

        var e = Should.Throw<TensorMismatchException>(() => EncoderSession.Load(descriptor, _target));
        (e.Mismatch, e.TensorName).ShouldBe((TensorMismatch.Missing, $"{Value}.{suffix}"));
    }

    [Fact]
    public void A_static_class_needs_calibrated_ranges()
    {
        var quantize = new Core.Spec.Declaration.QuantizeArguments((int)Precision.W8A8, Range: (int)ActivationRange.Static);
        EncoderDescriptor descriptor = FolderDescriptor.Create("static", ModelFolder.Open(ModelFixtures.WordNetModel).Config, new(quantize));

        Should.Throw<TensorMismatchException>(() => EncoderSession.Load(descriptor, ModelFixtures.WordNetModel))
            .TensorName.ShouldBe("bert.encoder.layer.0.attention.self.query.input_scale");
    }

    [Fact]
    public void A_static_class_runs_a_calibrated_folder_close_to_the_float_model()
    {
        string[] texts = ["a small animal", "move quickly on foot", "a dish of cooked food", "the state of being calm", "a tool for cutting wood"];
        var quantize = new Core.Spec.Declaration.QuantizeArguments((int)Precision.W8A8, Range: (int)ActivationRange.Static);
        EncoderDescriptor descriptor = FolderDescriptor.Create("static", ModelFolder.Open(ModelFixtures.WordNetModel).Config, new(quantize));
        using (Calibration calibration = Calibration.Open(descriptor.Model, ModelFixtures.WordNetModel))
        {
            calibration.Add(texts);
            Quantize(descriptor, ModelFixtures.WordNetModel, calibration);
        }

        using EncoderSession quantized = EncoderSession.Load(descriptor, _target);
        using EncoderSession original = ModelFixtures.Load(ModelFixtures.WordNetModel);
        quantized.Classify(texts).Select(c => c.Label).ShouldBe(original.Classify(texts).Select(c => c.Label));
    }

    [Fact]
    public void Errors_are_reported_for_each_module_and_shrink_with_bits_and_groups()
    {
        double four = Quantize(ModelFixtures.Describe(ModelFixtures.TinyBert, Precision.W4A8), ModelFixtures.TinyBert).Average(m => m.RelativeError);
        Directory.Delete(_target, recursive: true);
        double grouped = Quantize(ModelFixtures.Describe(ModelFixtures.TinyBert, Precision.W4A8, groupSize: 64), ModelFixtures.TinyBert).Average(m => m.RelativeError);
        Directory.Delete(_target, recursive: true);
        List<QuantizedModule> eight = Quantize(ModelFixtures.Describe(ModelFixtures.TinyBert, Precision.W8A8), ModelFixtures.TinyBert);

        eight.Count.ShouldBe(3 * 6);
        eight.Average(m => m.RelativeError).ShouldBeLessThan(0.01);
        grouped.ShouldBeInRange(0.01, four);
        four.ShouldBeInRange(0.05, 0.2);
    }

    [Fact]
    public void A_folder_is_not_quantized_twice_nor_written_over()
    {
        EncoderDescriptor descriptor = ModelFixtures.Describe(ModelFixtures.TinyRoberta, Precision.W8A8);
        Quantize(descriptor);

        Should.Throw<ModelCompilerException>(() => Quantize(descriptor)).Message.ShouldContain("expected an empty folder");
        Should.Throw<ModelCompilerException>(() => QuantizedCheckpoint.Write(PlanOf(descriptor), _target, _target + "2", null)).Message.ShouldContain("quantized already");
    }

    private static ExecutionPlan PlanOf(EncoderDescriptor descriptor) => Planner.Plan(descriptor.Model, descriptor.Scheme);

    private List<QuantizedModule> Quantize(EncoderDescriptor descriptor, string? source = null, Calibration? calibration = null)
    {
        var modules = new List<QuantizedModule>();
        QuantizedCheckpoint.Write(PlanOf(descriptor), source ?? ModelFixtures.TinyRoberta, _target, calibration, modules.Add);
        return modules;
    }

    private void Change(Action<Dictionary<string, TensorSource>> change)
    {
        string path = Path.Combine(_target, "model.safetensors"), changed = path + ".changed";
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            Dictionary<string, TensorSource> tensors = file.Tensors.ToDictionary(t => t.Name, t => TensorSource.Copy(file, t.Name));
            change(tensors);
            SafetensorsWriter.Write(changed, tensors.Values);
        }

        File.Move(changed, path, overwrite: true);
    }

    private float[] Logits(EncoderDescriptor descriptor, string folder)
    {
        using EncoderSession session = EncoderSession.Load(descriptor, folder);
        var logits = new float[_lengths.Length * 4];
        session.Forward(_ids, _lengths, logits);
        return logits;
    }
}

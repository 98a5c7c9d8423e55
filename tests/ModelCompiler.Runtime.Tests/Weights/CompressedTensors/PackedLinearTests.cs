using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime.Tests.Weights.CompressedTensors;

public sealed class PackedLinearTests : IDisposable
{
    private static readonly QuantizationArguments PerRow =
        new(4, Symmetric: true, QuantizationStrategy.Channel, GroupSize: null, Dynamic: false);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(4, 12, true, false)]
    [InlineData(8, 12, true, true)]
    [InlineData(4, 4, true, false)]
    [InlineData(4, 12, false, true)]
    [InlineData(8, 6, false, false)]
    public void A_layer_comes_back_as_it_was_written(int bits, int groupSize, bool symmetric, bool staticInput)
    {
        PackedLinear written = Layer(bits, groupSize, symmetric, staticInput);
        using Checkpoint checkpoint = Write(written.ToTensors("layer"));
        var arguments = new QuantizationArguments(
            bits,
            symmetric,
            groupSize == 12 ? QuantizationStrategy.Channel : QuantizationStrategy.Group,
            groupSize == 12 ? null : groupSize,
            Dynamic: false);
        PackedLinear read = PackedLinear.Read(checkpoint, "layer", arguments, 3, 12);
        read.Codes.ShouldBe(written.Codes);
        read.Scales.ShouldBe(written.Scales);
        read.Minimums.ShouldBe(written.Minimums);
        read.GroupSize.ShouldBe(groupSize);
        read.InputScale.ShouldBe(written.InputScale);
        read.InputMinimum.ShouldBe(written.InputMinimum);
    }

    [Fact]
    public void The_tensors_are_those_of_the_format()
    {
        using Checkpoint checkpoint = Write(Layer(4, 12, symmetric: true, staticInput: false).ToTensors("layer"));
        checkpoint.Names.Select(name => checkpoint.Get(name).Info.ToString()).ShouldBe(
        [
            "layer.weight_packed: I32 [3, 2]",
            "layer.weight_scale: F32 [3, 1]",
            "layer.weight_shape: I64 [2]",
        ]);
    }

    [Fact]
    public void Half_precision_scales_of_other_writers_are_read()
    {
        TensorSource[] tensors =
        [
            TensorSource.From<int>("layer.weight_packed", [0x98], 1, 1),
            TensorSource.From<Half>("layer.weight_scale", [(Half)0.5f], 1, 1),
            TensorSource.From<long>("layer.weight_shape", [1, 2], 2),
        ];
        using Checkpoint checkpoint = Write(tensors);
        PackedLinear layer = PackedLinear.Read(checkpoint, "layer", PerRow, 1, 2);
        layer.Codes.ShouldBe([(sbyte)0, (sbyte)1]);
        layer.Scales.ShouldBe([0.5f]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(0f)]
    [InlineData(-1f)]
    public void A_scale_that_is_none_is_refused(float scale)
    {
        PackedLinear layer = Layer(4, 12, symmetric: true, staticInput: false);
        layer.Scales[2] = scale;
        using Checkpoint checkpoint = Write(layer.ToTensors("layer"));
        var error = Should.Throw<TensorMismatchException>(() => PackedLinear.Read(checkpoint, "layer", PerRow, 3, 12));
        error.Mismatch.ShouldBe(TensorMismatch.Value);
        error.TensorName.ShouldBe("layer.weight_scale");
        error.Found.ShouldContain("element 2");
    }

    [Fact]
    public void Missing_tensors_and_other_shapes_are_refused()
    {
        using Checkpoint checkpoint = Write(Layer(4, 12, symmetric: true, staticInput: false).ToTensors("layer"));
        Should.Throw<TensorMismatchException>(() => PackedLinear.Read(checkpoint, "other", PerRow, 3, 12))
            .TensorName.ShouldBe("other.weight_shape");
        Should.Throw<TensorMismatchException>(() => PackedLinear.Read(checkpoint, "layer", PerRow, 4, 12))
            .Found.ShouldBe("[3, 12]");
        Should.Throw<TensorMismatchException>(
            () => PackedLinear.Read(checkpoint, "layer", PerRow with { Symmetric = false }, 3, 12))
            .TensorName.ShouldBe("layer.weight_minimum");
        Should.Throw<TensorMismatchException>(
            () => PackedLinear.Read(checkpoint, "layer", PerRow with { GroupSize = 5 }, 3, 12))
            .Expected.ShouldContain("divides 12");
        Should.Throw<TensorMismatchException>(() => PackedLinear.Read(checkpoint, "layer", PerRow with { Bits = 8 }, 3, 12))
            .Mismatch.ShouldBe(TensorMismatch.Shape);
    }

    private Checkpoint Write(IEnumerable<TensorSource> tensors)
    {
        SafetensorsWriter.Write(_folder["model.safetensors"], tensors);
        return Checkpoint.Open(_folder.Path);
    }

    private static PackedLinear Layer(int bits, int groupSize, bool symmetric, bool staticInput)
    {
        var random = new Random(bits);
        int low = symmetric ? -(1 << (bits - 1)) : 0;
        int groups = 12 / groupSize;
        return new PackedLinear
        {
            OutFeatures = 3,
            InFeatures = 12,
            Bits = bits,
            GroupSize = groupSize,
            Codes = [.. Enumerable.Range(0, 36).Select(_ => unchecked((sbyte)random.Next(low, low + (1 << bits))))],
            Scales = [.. Enumerable.Range(0, 3 * groups).Select(_ => random.NextSingle() + 0.01f)],
            Minimums = symmetric ? null : [.. Enumerable.Range(0, 3 * groups).Select(_ => -random.NextSingle())],
            InputScale = staticInput ? 0.125f : null,
            InputMinimum = staticInput && !symmetric ? -3f : null,
        };
    }
}

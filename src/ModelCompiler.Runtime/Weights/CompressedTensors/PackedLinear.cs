using System.Runtime.InteropServices;

namespace ModelCompiler.Runtime.Weights.CompressedTensors;

/// <summary>
/// The quantized weight of one linear layer, as it is stored under the layer's name:
/// <list type="table">
/// <item><term><c>weight_packed</c></term><description>int32 <c>[out, ceil(in * bits / 32)]</c>, see <see cref="PackedCodes"/>.</description></item>
/// <item><term><c>weight_scale</c></term><description>fp32 <c>[out, groups]</c>; groups is 1 for one scale per row.</description></item>
/// <item><term><c>weight_shape</c></term><description>int64 <c>[2]</c>: out, in.</description></item>
/// <item><term><c>weight_minimum</c></term><description>ours: fp32 <c>[out, groups]</c>, the value of code 0. Present for asymmetric weights only, whose codes are stored as they are.</description></item>
/// <item><term><c>input_scale</c></term><description>ours: fp32 <c>[1]</c>, the activation's static scale.</description></item>
/// <item><term><c>input_minimum</c></term><description>ours: fp32 <c>[1]</c>, the value of activation code 0; present for asymmetric static activations only.</description></item>
/// </list>
/// </summary>
internal sealed class PackedLinear
{
    public required int OutFeatures { get; init; }

    public required int InFeatures { get; init; }

    /// <summary>4 or 8.</summary>
    public required int Bits { get; init; }

    /// <summary>Consecutive inputs that share a scale; the row's length for one scale per row.</summary>
    public required int GroupSize { get; init; }

    /// <summary><c>[out, in]</c> row-major. Signed codes; for asymmetric weights, the bits of unsigned ones.</summary>
    public required sbyte[] Codes { get; init; }

    /// <summary><c>[out, groups]</c>.</summary>
    public required float[] Scales { get; init; }

    /// <summary><c>[out, groups]</c>, or null for symmetric weights.</summary>
    public float[]? Minimums { get; init; }

    /// <summary>The static scale of the layer's input, or null where it is taken from each token.</summary>
    public float? InputScale { get; init; }

    /// <summary>The value of code 0 of the layer's input, or null where it is symmetric or dynamic.</summary>
    public float? InputMinimum { get; init; }

    public int Groups => InFeatures / GroupSize;

    /// <summary>The codes of asymmetric weights as they count: 0 .. 2^bits - 1.</summary>
    public ReadOnlySpan<byte> UnsignedCodes => MemoryMarshal.AsBytes(Codes.AsSpan());

    /// <summary>The names that a layer's tensors may have after the layer's own name and a dot.</summary>
    public static IReadOnlyList<string> Suffixes { get; } =
        ["weight_packed", "weight_scale", "weight_shape", "weight_minimum", "input_scale", "input_minimum"];

    /// <summary>Reads a layer.</summary>
    /// <param name="checkpoint">The quantized checkpoint.</param>
    /// <param name="layer">Such as <c>encoder.layer.0.output.dense</c>.</param>
    /// <param name="weights">What <c>quantization_config</c> says about the layer's weights.</param>
    /// <param name="outFeatures">The model's number of outputs.</param>
    /// <param name="inFeatures">The model's number of inputs.</param>
    /// <exception cref="TensorMismatchException">A tensor is missing, has another shape or type, or holds a value that is no scale.</exception>
    public static PackedLinear Read(
        Checkpoint checkpoint, string layer, QuantizationArguments weights, int outFeatures, int inFeatures)
    {
        int groupSize = weights.GroupSize ?? inFeatures;
        if (groupSize <= 0 || inFeatures % groupSize != 0)
            throw new TensorMismatchException(
                TensorMismatch.Shape,
                checkpoint.Folder,
                $"{layer}.weight_packed",
                $"a group size that divides {inFeatures} inputs",
                $"{groupSize}");

        CheckpointTensor shapeTensor = checkpoint.Get($"{layer}.weight_shape", 2);
        long[] shape = shapeTensor.Read<long>();
        if (shape[0] != outFeatures || shape[1] != inFeatures)
            throw new TensorMismatchException(
                TensorMismatch.Shape,
                checkpoint.Folder,
                $"{layer}.weight_shape",
                $"[{outFeatures}, {inFeatures}]",
                TensorInfo.FormatShape(shape));

        int words = PackedCodes.WordsPerRow(inFeatures, weights.Bits);
        ReadOnlySpan<int> packed = checkpoint.Get($"{layer}.weight_packed", outFeatures, words).Elements<int>();
        sbyte[] codes = GC.AllocateUninitializedArray<sbyte>(checked(outFeatures * inFeatures));
        if (weights.Symmetric)
            PackedCodes.UnpackSigned(packed, outFeatures, inFeatures, weights.Bits, codes);
        else
            PackedCodes.UnpackUnsigned(
                packed, outFeatures, inFeatures, weights.Bits, MemoryMarshal.AsBytes(codes.AsSpan()));

        int groups = inFeatures / groupSize;
        CheckpointTensor scaleTensor = checkpoint.Get($"{layer}.weight_scale", outFeatures, groups);
        float[] scales = scaleTensor.ReadSingles();
        TensorMismatchException.ThrowIfNotPositive(scaleTensor.Path, scaleTensor.Info.Name, scales);
        return new PackedLinear
        {
            OutFeatures = outFeatures,
            InFeatures = inFeatures,
            Bits = weights.Bits,
            GroupSize = groupSize,
            Codes = codes,
            Scales = scales,
            Minimums = weights.Symmetric
                ? null
                : checkpoint.Get($"{layer}.weight_minimum", outFeatures, groups).ReadFiniteSingles(),
            InputScale = ReadInputValue(checkpoint, $"{layer}.input_scale", positive: true),
            InputMinimum = ReadInputValue(checkpoint, $"{layer}.input_minimum", positive: false),
        };
    }

    /// <summary>The tensors to store under the layer's name.</summary>
    public IEnumerable<TensorSource> ToTensors(string layer)
    {
        int words = PackedCodes.WordsPerRow(InFeatures, Bits);
        var packed = new int[checked(OutFeatures * words)];
        if (Minimums is null)
            PackedCodes.PackSigned(Codes, OutFeatures, InFeatures, Bits, packed);
        else
            PackedCodes.PackUnsigned(UnsignedCodes, OutFeatures, InFeatures, Bits, packed);

        yield return TensorSource.From($"{layer}.weight_packed", packed, OutFeatures, words);
        yield return TensorSource.From($"{layer}.weight_scale", Scales, OutFeatures, Groups);
        yield return TensorSource.From<long>($"{layer}.weight_shape", [OutFeatures, InFeatures], 2);
        if (Minimums is not null)
            yield return TensorSource.From($"{layer}.weight_minimum", Minimums, OutFeatures, Groups);
        if (InputScale is { } scale)
            yield return TensorSource.From<float>($"{layer}.input_scale", [scale], 1);
        if (InputMinimum is { } minimum)
            yield return TensorSource.From<float>($"{layer}.input_minimum", [minimum], 1);
    }

    private static float? ReadInputValue(Checkpoint checkpoint, string name, bool positive)
    {
        if (!checkpoint.TryGet(name, out _))
            return null;
        CheckpointTensor tensor = checkpoint.Get(name, 1);
        float[] values = tensor.ReadFiniteSingles();
        if (positive)
            TensorMismatchException.ThrowIfNotPositive(tensor.Path, name, values);
        return values[0];
    }
}

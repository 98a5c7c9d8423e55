using System.Text.Json.Nodes;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Quantization;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;
using ModelCompiler.Training.Checkpoints;
using ModelCompiler.Training.FakeQuantization;
using ModelCompiler.Training.Modules;
using QuantizedLinear = ModelCompiler.Training.Modules.QuantizedLinear;

namespace ModelCompiler.Training.Export;

/// <summary>
/// Writes a trained model as the codes that it computed with, in the <c>pack-quantized</c> layout of compressed-tensors,
/// so that generated classes give its results.
/// </summary>
public static class QuantizedExport
{
    /// <summary>Farthest that a transformed value may be from a code's, in steps of the code.</summary>
    private const float CodeTolerance = 1e-3f;

    /// <summary>Writes the folder.</summary>
    /// <param name="model">The trained model; parts whose precision is FP16 are stored as FP16.</param>
    /// <param name="scheme">Precisions of the four parts.</param>
    /// <param name="source">Folder that the model was made from: its config.json and tokenizer are copied.</param>
    /// <param name="target">Folder to write; must be empty or not there yet.</param>
    /// <exception cref="TrainingException">The target has files, or a transform behind the quantizer gave values that no code has.</exception>
    public static void Write(TrainableEncoder model, QuantizationScheme scheme, string source, string target)
    {
        EncoderWriter.RequireEmpty(target);
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var tensors = new List<TensorSource>(EncoderWriter.Outside(model, half: true));
        foreach (QuantizedLinear linear in model.Linears)
        {
            if (linear.Precision.Weights.IsQuantized)
                tensors.AddRange([.. Packed(model.Model, linear), .. EncoderWriter.Biases(model.Model, linear, half: true)]);
            else
                tensors.AddRange(EncoderWriter.FloatLinear(model.Model, linear, half: true));
        }

        Directory.CreateDirectory(target);
        SafetensorsWriter.Write(Path.Combine(target, Checkpoint.SingleFileName), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        QuantizedCheckpoint.CopyCompanions(source, target);
        JsonObject config = EncoderWriter.Config(model.Model, source);
        config["dtype"] = "float16";
        config[QuantizationConfigJson.PropertyName] = QuantizationConfigJson.Write(QuantizedCheckpoint.ConfigOf(Planner.Plan(model.Model, scheme)));
        EncoderWriter.WriteConfig(config, target);
    }

    private static IEnumerable<TensorSource> Packed(EncoderModel model, QuantizedLinear linear)
    {
        WeightFormat format = linear.Precision.Weights;
        Codes codes = linear.WeightCodes();
        float[] scales = StateTensors.ToArray(codes.Scale);
        float[]? minima = codes.Minimum is null ? null : StateTensors.ToArray(codes.Minimum);
        float[] values = StateTensors.ToArray(RequireWhole(linear, codes.Values));
        int rows = (int)linear.Weight.Value.shape[0] / linear.Modules.Count, columns = (int)linear.Weight.Value.shape[1];
        int groups = scales.Length / (int)linear.Weight.Value.shape[0];
        (float? scale, float? minimum) = InputRange(linear);
        for (int i = 0; i < linear.Modules.Count; i++)
        {
            Range own = (i * rows * groups)..((i + 1) * rows * groups);
            var packed = new PackedLinear
            {
                OutFeatures = rows,
                InFeatures = columns,
                Bits = format.Bits,
                GroupSize = columns / groups,
                Codes = [.. values.AsSpan(i * rows * columns, rows * columns).ToArray().Select(v => unchecked((sbyte)(int)v))],
                Scales = scales[own],
                Minimums = minima?[own],
                InputScale = scale,
                InputMinimum = minimum,
            };
            foreach (TensorSource tensor in packed.ToTensors(EncoderWriter.FullName(model, WeightRole.Qkv, linear.Modules[i])))
                yield return tensor;
        }
    }

    /// <summary>A mask behind the quantizer leaves codes and zeros; an asymmetric range may have no code for zero.</summary>
    private static Tensor RequireWhole(QuantizedLinear linear, Tensor values)
    {
        Tensor rounded = values.round();
        float off = values.sub(rounded).abs().max().item<float>();
        return off <= CodeTolerance
            ? rounded
            : throw new TrainingException(
                $"{linear.Weight.Name}: expected values of {linear.Precision.Weights} codes behind the transform, found one {off:0.###} steps off. "
                + "Asymmetric weights have no code for zero: quantize them symmetrically.");
    }

    private static (float? Scale, float? Minimum) InputRange(QuantizedLinear linear)
    {
        ActivationFormat format = linear.Precision.Activations;
        if (format is not { IsQuantized: true, Range: ActivationRange.Static })
            return default;
        (float low, float high) = linear.Input.StaticRange
            ?? throw new TrainingException($"{linear.Weight.Name}: expected a calibrated range of the input, found none.");
        bool symmetric = format.Symmetry == Symmetry.Symmetric;
        float range = symmetric ? Math.Max(Math.Abs(low), Math.Abs(high)) : high - low;
        float scale = range / Quantizer.Steps(format.Bits, format.Symmetry);
        return (float.IsFinite(1 / scale) ? scale : 1, symmetric ? null : low);
    }
}

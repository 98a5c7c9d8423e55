using System.Runtime.InteropServices;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Optimization;

namespace ModelCompiler.Training.Checkpoints;

/// <summary>The tensors that a run's state consists of, by name, and their way to files and back.</summary>
internal static class StateTensors
{
    /// <summary>Values that describe the model alone: all parameters, static ranges, buffers of transforms.</summary>
    public static IEnumerable<(string Name, Tensor Value)> Model(FlatParameters parameters, TrainableEncoder model) =>
        [("values", parameters.Values), .. Buffers(model)];

    /// <summary>Those and the optimizer's.</summary>
    public static IEnumerable<(string Name, Tensor Value)> Full(FlatParameters parameters, AdamW optimizer, TrainableEncoder model) =>
        [.. Model(parameters, model), ("first_moment", optimizer.FirstMoment), ("second_moment", optimizer.SecondMoment)];

    /// <summary>Static ranges as [2] tensors.</summary>
    public static IEnumerable<TensorSource> Ranges(TrainableEncoder model) => model.Linears
        .Where(linear => linear.Input.StaticRange is not null)
        .Select(linear => (linear, Range: linear.Input.ObservedRange!.Value))
        .Select(p => TensorSource.From<float>(RangeName(p.linear), [p.Range.Low, p.Range.High], 2));

    /// <summary>Sets the static ranges of a checkpoint.</summary>
    public static void RestoreRanges(SafetensorsFile file, TrainableEncoder model)
    {
        foreach (QuantizedLinear linear in model.Linears)
        {
            if (!file.TryGetInfo(RangeName(linear), out _))
                continue;
            float[] range = file.ReadSingles(RangeName(linear));
            linear.Input.SetStaticRange(range[0], range[1], model.Device);
        }
    }

    /// <summary>A copy of a tensor, ready to be written.</summary>
    public static TensorSource ToSource(string name, Tensor value) => TensorSource.From(name, ToArray(value), value.shape);

    /// <summary>fp32 values in row-major order.</summary>
    public static float[] ToArray(Tensor value)
    {
        using var scope = torch.NewDisposeScope();
        return value.detach().to(torch.CPU).to_type(torch.float32).contiguous().data<float>().ToArray();
    }

    /// <summary>Copies a tensor of a file into one of the same shape.</summary>
    public static void Restore(SafetensorsFile file, string name, Tensor target)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        if (!file.TryGetInfo(name, out TensorInfo? info))
            throw new TensorMismatchException(TensorMismatch.Missing, file.Path, name, $"shape {TensorInfo.FormatShape(target.shape)}", "no such tensor");
        if (!info.Shape.AsSpan().SequenceEqual(target.shape))
            throw new TensorMismatchException(TensorMismatch.Shape, file.Path, name, $"shape {TensorInfo.FormatShape(target.shape)}", $"shape {TensorInfo.FormatShape(info.Shape.AsSpan())}");
        target.detach().copy_(torch.tensor(file.ReadSingles(name), target.shape, torch.float32, torch.CPU));
    }

    private static IEnumerable<(string Name, Tensor Value)> Buffers(TrainableEncoder model) =>
        from linear in model.Linears
        from transform in new[] { (Place: "before", Transform: linear.BeforeQuantization), (Place: "after", Transform: linear.AfterQuantization) }
        where transform.Transform is not null
        from buffer in transform.Transform.Buffers
        select ($"{linear.Weight.Name}.{transform.Place}.{buffer.Name}", buffer.Value);

    private static string RangeName(QuantizedLinear linear) => $"{linear.Weight.Name}.inputRange";
}

using ModelCompiler.Training.Data;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Running;

/// <summary>Takes static ranges of activations from the model before it is quantized.</summary>
internal static class StaticRanges
{
    /// <summary>Runs batches in full precision and notes what enters the linear parts that have static ranges.</summary>
    public static void Calibrate(TrainableEncoder model, TokenizedData data, int batchRows, int batches, int seed)
    {
        QuantizedLinear[] linears = [.. model.Linears.Where(l => l.Precision.Activations is { IsQuantized: true, Range: ActivationRange.Static })];
        if (linears.Length == 0)
            return;
        Set(quantizing: false, linears);
        foreach (int[] rows in BatchOrder.Training(data, batchRows, seed, epoch: 0).Take(batches))
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            using EncoderBatch batch = EncoderBatch.Of(data, rows, rows, model.Model.PadTokenId, model.Device);
            model.Forward(batch);
        }

        Set(quantizing: true, linears);

        void Set(bool quantizing, QuantizedLinear[] observed)
        {
            foreach (QuantizedLinear linear in model.Linears)
                linear.IsQuantizing = quantizing;
            foreach (QuantizedLinear linear in observed)
                linear.Input.IsObserving = !quantizing;
        }
    }

    /// <summary>Sets the clip values of a recipe.</summary>
    public static void SetClips(TrainableEncoder model, QuantizationRecipe recipe)
    {
        if (recipe.Clip is not { } clip)
            return;
        foreach (QuantizedLinear linear in model.Linears.Where(l => l.Precision.Activations.IsQuantized))
            linear.Input.SetClip((float)clip, recipe.LearnClip, $"layer.{linear.Layer}.{linear.Part}.clip", model.Device);
    }
}

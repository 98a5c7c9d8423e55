using ModelCompiler.Training.Data;
using ModelCompiler.Training.Distillation;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Optimization;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Running;

/// <summary>
/// Layer-by-layer distillation (LKD; Yao et al., "ZeroQuant", NeurIPS 2022, section 4.3): layer k of the quantized model
/// learns from the mean squared difference to layer k of the model that it started from, both on the hidden state that
/// the latter has in front of it. One layer at a time holds activations for gradients.
/// </summary>
internal static class LayerwiseDistillation
{
    /// <summary>Trains every layer, first to last.</summary>
    /// <param name="recipe">The whole recipe.</param>
    /// <param name="layerwise">Its section.</param>
    /// <param name="setup">Model, parameters, texts.</param>
    /// <param name="report">Receives each layer's losses.</param>
    public static void Run(Recipe recipe, LayerwiseRecipe layerwise, TrainingSetup setup, Action<LayerReport> report)
    {
        if (recipe.Model.Random)
            throw new TrainingException($"{recipe.Path}, layerwise: expected model.random false, because layers learn from the folder's weights, found true.");
        using TrainableEncoder original = EncoderReader.FromFolder(recipe.Model.From, setup.Model.Device, recipe.Model.Layers);
        foreach (ModelParameter parameter in original.Parameters)
            parameter.Value.requires_grad_(false);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (int layer = 0; layer < setup.Model.Layers.Count; layer++)
        {
            (double before, double after) = Train(recipe, layerwise, setup, original, layer);
            report(new(layer, setup.Model.Layers.Count, before, after, clock.Elapsed.TotalSeconds));
        }
    }

    private static (double Before, double After) Train(Recipe recipe, LayerwiseRecipe layerwise, TrainingSetup setup, TrainableEncoder original, int layer)
    {
        // Gradients and moments of all other layers stay 0, and so do their updates.
        using var optimizer = new AdamW(setup.Parameters, recipe.Training.Beta1, recipe.Training.Beta2, weightDecay: 0);
        double before = 0, after = 0;
        int step = 0;
        foreach (int[] rows in Batches(recipe, layerwise, setup.Training))
        {
            using var scope = torch.NewDisposeScope();
            using EncoderBatch batch = EncoderBatch.Of(setup.Training, rows, rows, setup.Model.Model.PadTokenId, setup.Model.Device);
            setup.Parameters.Gradients.zero_();
            Tensor loss = LossOf(setup.Model, original, batch, layer);
            loss.backward();
            optimizer.Step(layerwise.LearningRate * (1 - (double)step / layerwise.Steps));
            step++;
            if (step == 1 || step == layerwise.Steps)
            {
                after = loss.item<float>();
                if (!double.IsFinite(after))
                    throw new TrainingException($"layerwise: expected a finite loss, found {after} in step {step} of layer {layer}; lower layerwise.learningRate.");
            }

            if (step == 1)
                before = after;
        }

        return (before, after);
    }

    private static IEnumerable<int[]> Batches(Recipe recipe, LayerwiseRecipe layerwise, TokenizedData data) =>
        Enumerable.Range(0, int.MaxValue).SelectMany(epoch => BatchOrder.Training(data, layerwise.Batch, recipe.Seed, epoch)).Take(layerwise.Steps);

    private static Tensor LossOf(TrainableEncoder model, TrainableEncoder original, EncoderBatch batch, int layer)
    {
        Tensor input, wanted;
        using (torch.no_grad())
        {
            IReadOnlyList<Tensor> states = original.Forward(batch, Intermediates.Hidden).HiddenStates;
            (input, wanted) = (states[layer], states[layer + 1]);
        }

        using HalfStorage.Scope storage = HalfStorage.Use(model.StoresHalf);
        Tensor found = model.Layers[layer].Forward(input, TrainableEncoder.AttentionMask(batch), Dropout.None, withAttention: false).Hidden;
        return Losses.Hidden(found, wanted, batch);
    }
}

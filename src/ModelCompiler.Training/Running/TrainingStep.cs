using ModelCompiler.Training.Data;
using ModelCompiler.Training.Distillation;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Optimization;
using ModelCompiler.Training.Processes;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Running;

/// <summary>Loss and hits of one step, on the device, so that reading them does not stop it.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Loss">Scalar.</param>
/// <param name="Correct">Scalar, examples told right.</param>
/// <param name="Rows">Examples of the whole batch.</param>
internal readonly record struct StepOutcome(long Step, Tensor Loss, Tensor Correct, int Rows);

/// <summary>One optimizer step over a batch: parts of it here, other parts in other processes.</summary>
internal sealed class TrainingStep(
    Recipe recipe,
    TrainableEncoder model,
    Distiller? distiller,
    WordDropout? noise,
    FlatParameters parameters,
    AdamW optimizer,
    LossScale? scale,
    IProcessGroup processes)
{
    /// <summary>Updates the model.</summary>
    /// <param name="step">Step from 1. Random choices depend on it and the seed alone, so a resumed run makes the same.</param>
    /// <param name="data">Training data.</param>
    /// <param name="rows">Examples of the batch.</param>
    /// <param name="learningRate">Rate of the step.</param>
    public StepOutcome Run(long step, TokenizedData data, int[] rows, double learningRate)
    {
        using var scope = torch.NewDisposeScope();
        parameters.Gradients.zero_();
        Tensor loss = torch.zeros([1L], torch.float32, model.Device), correct = torch.zeros([1L], torch.float32, model.Device);
        int parts = recipe.Training.Accumulation;
        for (int part = 0; part < parts; part++)
        {
            int[] own = Part(rows, processes.Rank * parts + part, processes.Size * parts);
            if (own.Length > 0)
                RunPart(step, part, data, own, rows, loss, correct);
        }

        processes.Sum(parameters.Gradients);
        Update(learningRate);
        return new(step, loss.DetachFromDisposeScope(), correct.DetachFromDisposeScope(), rows.Length);
    }

    private void RunPart(long step, int part, TokenizedData data, int[] own, int[] rows, Tensor loss, Tensor correct)
    {
        using var scope = torch.NewDisposeScope();
        var random = new SeededRandom(recipe.Seed, step, processes.Rank, part);
        torch.manual_seed((long)(random.NextBits() >> 1));
        using EncoderBatch batch = EncoderBatch.Of(
            data, own, rows, model.Model.PadTokenId, model.Device, noise?.Start(recipe.Seed, step, processes.Rank, part));
        Tensor total, logits;
        using (MatrixProducts.Use(recipe.Training.Compute))
        {
            if (distiller is not null)
            {
                total = distiller.Losses(model, batch, recipe.Training.LabelSmoothing, out EncoderOutput output).Total;
                logits = output.Logits;
            }
            else
            {
                logits = model.Forward(batch).Logits;
                total = Losses.CrossEntropy(logits, batch, recipe.Training.LabelSmoothing);
            }
        }

        (scale is null ? total : total.mul((float)scale.Factor)).backward();
        using var noGrad = torch.no_grad();
        loss.add_(total.detach());
        correct.add_(logits.detach().argmax(-1).eq(batch.Labels).sum().to_type(torch.float32));
    }

    private void Update(double learningRate)
    {
        using var noGrad = torch.no_grad();
        Tensor gradients = parameters.Gradients;
        if (scale is not null)
            gradients.mul_(1 / scale.Factor);
        Tensor? norm = recipe.Training.ClipNorm > 0 || scale is not null ? gradients.norm() : null;
        if (scale is not null)
        {
            bool finite = float.IsFinite(norm!.item<float>());
            scale.Update(finite);
            if (!finite)
                return;
        }

        if (recipe.Training.ClipNorm > 0)
            gradients.mul_(norm!.add(1e-6f).reciprocal().mul((float)recipe.Training.ClipNorm).clamp_max(1f));
        optimizer.Step(learningRate);
    }

    /// <summary>Part i of n nearly equal parts.</summary>
    internal static int[] Part(int[] rows, int i, int n)
    {
        int from = (int)((long)rows.Length * i / n), to = (int)((long)rows.Length * (i + 1) / n);
        return rows[from..to];
    }
}

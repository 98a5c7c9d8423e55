using ModelCompiler.Training.Data;
using ModelCompiler.Training.Distillation;
using ModelCompiler.Training.Modules;

namespace ModelCompiler.Training.Running;

/// <summary>How often a model is right.</summary>
/// <param name="Accuracy">0 to 1.</param>
/// <param name="Loss">Mean cross entropy with the labels.</param>
public readonly record struct Evaluation(double Accuracy, double Loss);

/// <summary>Runs a model over labelled data.</summary>
public static class Evaluator
{
    private const int BatchRows = 256;

    /// <summary>Accuracy and loss on all examples, without dropout.</summary>
    public static Evaluation Evaluate(TrainableEncoder model, TokenizedData data)
    {
        bool training = model.IsTraining;
        model.IsTraining = false;
        long correct = 0;
        double loss = 0;
        foreach (int[] rows in BatchOrder.Evaluation(data, BatchRows))
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            using EncoderBatch batch = EncoderBatch.Of(data, rows, rows, model.Model.PadTokenId, model.Device);
            Tensor logits = model.Forward(batch).Logits;
            correct += logits.argmax(-1).eq(batch.Labels).sum().item<long>();
            loss += Losses.CrossEntropy(logits, batch, smoothing: 0).item<float>() * rows.Length;
        }

        model.IsTraining = training;
        return new((double)correct / data.Count, loss / data.Count);
    }

    /// <summary>Logits of all examples in their order, [count, labels] row-major.</summary>
    public static float[] Logits(TrainableEncoder model, TokenizedData data)
    {
        bool training = model.IsTraining;
        model.IsTraining = false;
        int labels = model.Model.Labels;
        var result = new float[data.Count * labels];
        foreach (int[] rows in BatchOrder.Evaluation(data, BatchRows))
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            using EncoderBatch batch = EncoderBatch.Of(data, rows, rows, model.Model.PadTokenId, model.Device);
            float[] logits = Checkpoints.StateTensors.ToArray(model.Forward(batch).Logits);
            for (int i = 0; i < rows.Length; i++)
                logits.AsSpan(i * labels, labels).CopyTo(result.AsSpan(rows[i] * labels));
        }

        model.IsTraining = training;
        return result;
    }
}

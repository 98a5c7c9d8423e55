using ModelCompiler.Training.Data;

namespace ModelCompiler.Training.Distillation;

/// <summary>
/// The single losses. Each is a sum over what a part of a batch holds, divided by what the whole batch holds, so the
/// losses of the parts add up to that of the batch. Padding counts for nothing.
/// </summary>
public static class Losses
{
    /// <summary>Keeps the logarithm of a probability of 0 finite; the term is 0 there.</summary>
    private const float Tiny = 1e-12f;

    /// <summary>Cross entropy with the labels, (1 - ε) · -log p[label] + ε · mean over labels of -log p (Szegedy et al., 2016).</summary>
    /// <param name="logits">[B, labels].</param>
    /// <param name="batch">Labels and totals.</param>
    /// <param name="smoothing">ε.</param>
    public static Tensor CrossEntropy(Tensor logits, EncoderBatch batch, double smoothing)
    {
        Tensor log = torch.nn.functional.log_softmax(logits, -1);
        Tensor loss = log.gather(1, batch.Labels.unsqueeze(1)).sum().mul((float)(-(1 - smoothing) / batch.TotalRows));
        return smoothing > 0 ? loss.sub(log.mean([-1L]).sum().mul((float)(smoothing / batch.TotalRows))) : loss;
    }

    /// <summary>T² · KL(softmax(teacher / T) ‖ softmax(student / T)), mean over examples (Hinton et al., 2015).</summary>
    /// <param name="student">Logits [B, labels].</param>
    /// <param name="teacher">Logits or log-probabilities [B, labels], without gradient.</param>
    /// <param name="temperature">T.</param>
    /// <param name="batch">Totals.</param>
    public static Tensor Logits(Tensor student, Tensor teacher, double temperature, EncoderBatch batch)
    {
        float inverse = (float)(1 / temperature);
        Tensor learned = torch.nn.functional.log_softmax(student.mul(inverse), -1);
        Tensor wanted = torch.nn.functional.log_softmax(teacher.mul(inverse), -1);
        return wanted.exp().mul(wanted.sub(learned)).sum().mul((float)(temperature * temperature / batch.TotalRows));
    }

    /// <summary>Squared difference, mean over tokens and features.</summary>
    /// <param name="student">[B, L, H].</param>
    /// <param name="teacher">[B, L, H], without gradient.</param>
    /// <param name="batch">Mask and totals.</param>
    public static Tensor Hidden(Tensor student, Tensor teacher, EncoderBatch batch)
    {
        Tensor difference = student.sub(teacher).mul(batch.Mask.unsqueeze(-1));
        return difference.mul(difference).sum().mul(1f / ((float)batch.TotalTokens * student.shape[2]));
    }

    /// <summary>Squared difference of scores in front of the softmax, mean over heads and pairs of tokens.</summary>
    /// <param name="student">[B, heads, L, L].</param>
    /// <param name="teacher">[B, heads, L, L], without gradient.</param>
    /// <param name="batch">Mask and totals.</param>
    public static Tensor AttentionScores(Tensor student, Tensor teacher, EncoderBatch batch)
    {
        Tensor pairs = batch.Mask.unsqueeze(1).unsqueeze(-1).mul(batch.Mask.unsqueeze(1).unsqueeze(1));
        Tensor difference = student.sub(teacher).mul(pairs);
        return difference.mul(difference).sum().mul(1f / ((float)batch.TotalPairs * student.shape[1]));
    }

    /// <summary>KL(teacher ‖ student) of each query's attention, mean over heads and tokens (Wang et al., "MiniLM", 2020).</summary>
    /// <param name="student">Probabilities [B, heads, L, L].</param>
    /// <param name="teacher">Probabilities [B, heads, L, L], without gradient.</param>
    /// <param name="batch">Mask and totals.</param>
    public static Tensor Attention(Tensor student, Tensor teacher, EncoderBatch batch)
    {
        Tensor divergence = teacher.mul(teacher.add(Tiny).log().sub(student.add(Tiny).log()));
        Tensor queries = batch.Mask.unsqueeze(1).unsqueeze(-1);
        return divergence.mul(queries).sum().mul(1f / ((float)batch.TotalTokens * student.shape[1]));
    }
}

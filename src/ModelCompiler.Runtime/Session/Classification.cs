namespace ModelCompiler.Runtime;

/// <summary>What a sequence classifier says about one text.</summary>
/// <param name="Label">Name of the most probable label; <c>LABEL_3</c> where the model has no names.</param>
/// <param name="Index">Its index.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Probabilities">Softmax over the logits, by label index.</param>
public sealed record Classification(string Label, int Index, float Probability, float[] Probabilities)
{
    /// <summary>Label indices by falling probability.</summary>
    /// <param name="count">How many; fewer where there are fewer labels.</param>
    public int[] Top(int count)
    {
        var order = new int[Probabilities.Length];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(order, (a, b) => Probabilities[b].CompareTo(Probabilities[a]) is var c and not 0 ? c : a.CompareTo(b));
        return order[..Math.Min(count, order.Length)];
    }
}

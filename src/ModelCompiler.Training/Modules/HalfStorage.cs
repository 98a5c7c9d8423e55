using ModelCompiler.Training.FakeQuantization;

namespace ModelCompiler.Training.Modules;

/// <summary>
/// Rounds to FP16 where the executors store FP16: residuals, queries, keys and values, embeddings. A value near the
/// middle of two 4-bit codes turns to the other code for a change in the last bit of FP16, so a model that shall give
/// the executors' results has to round where they round.
/// </summary>
internal static class HalfStorage
{
    [ThreadStatic]
    private static bool s_on;

    /// <summary>Rounds on this thread until the result is disposed.</summary>
    public static Scope Use(bool on)
    {
        var scope = new Scope(s_on);
        s_on = on;
        return scope;
    }

    /// <summary>The rounded value with the gradient of the value itself; the value where nothing is to be rounded.</summary>
    public static Tensor Round(Tensor value)
    {
        if (!s_on)
            return value;
        using var scope = torch.NewDisposeScope();
        Tensor rounded;
        using (torch.no_grad())
            rounded = value.detach().to_type(torch.float16).to_type(torch.float32);
        return Quantizer.StraightThrough(rounded, value).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Softmax over the last dimension; the executors round its numerators exp(s - max) to FP16 and divide by the sum of
    /// the unrounded ones.
    /// </summary>
    public static Tensor Softmax(Tensor scores)
    {
        if (!s_on)
            return torch.nn.functional.softmax(scores, -1);
        using var scope = torch.NewDisposeScope();
        Tensor numerators = scores.sub(scores.detach().amax([-1L], keepdim: true)).exp();
        return Round(numerators).div(numerators.sum(-1, keepdim: true)).MoveToOuterDisposeScope();
    }

    public readonly struct Scope(bool before) : IDisposable
    {
        public void Dispose() => s_on = before;
    }
}

namespace ModelCompiler.Torch.Tests;

/// <summary>A scope around a test, behind which no tensor may be left.</summary>
public abstract class LeakCheck : IDisposable
{
    private readonly long _before;
    private readonly DisposeScope _scope;

    protected LeakCheck()
    {
        _before = torch.live_tensors;
        _scope = torch.NewDisposeScope();
    }

    public void Dispose()
    {
        _scope.Dispose();
        torch.live_tensors.ShouldBe(_before, "tensors that outlived their test");
        GC.SuppressFinalize(this);
    }

    private protected static Tensor Of(double[] values, params long[] shape) => torch.tensor(values, shape, torch.float64);

    /// <summary>Reproducible values in [-2, 2), none within 0.01 of 0, where functions have corners.</summary>
    private protected static Tensor Random(int seed, params long[] shape)
    {
        var random = new Random(seed);
        return Of([.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (random.NextDouble() * 1.99 + 0.01) * (random.Next(2) * 2 - 1))], shape);
    }
}

using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Runtime.Tests.Gpu;

public class StrategyExecutorTests
{
    [Theory]
    [InlineData(1, "small")]
    [InlineData(32, "small")]
    [InlineData(33, "middle")]
    [InlineData(128, "middle")]
    [InlineData(129, "small")]
    [InlineData(1024, "small")]
    public async Task A_batch_runs_where_its_bucket_is(int tokens, string expected)
    {
        Recorder small = new(), middle = new();
        using var executor = new StrategyExecutor([(1024, small), (32, small), (128, middle)]);
        executor.Run(new int[tokens], [tokens], [], [], [], wantHidden: false);
        await executor.RunAsync(new int[tokens], new[] { tokens }, default, default, CancellationToken.None);
        small.Batches.ShouldBe(expected == "small" ? [tokens, tokens] : []);
        middle.Batches.ShouldBe(expected == "middle" ? [tokens, tokens] : []);
    }

    [Fact]
    public void A_batch_larger_than_every_bucket_is_refused()
    {
        using var executor = new StrategyExecutor([(32, new Recorder())]);
        Should.Throw<BatchTooLargeException>(() => executor.Run(new int[33], [33], [], [], [], wantHidden: false));
    }

    [Fact]
    public void Each_executor_is_closed_and_freed_once()
    {
        Recorder first = new(), second = new();
        var executor = new StrategyExecutor([(32, first), (64, second), (128, first)]);
        executor.RefuseQueued();
        executor.Dispose();
        (first.Refused, first.Disposed, second.Refused, second.Disposed).ShouldBe((1, 1, 1, 1));
    }

    private sealed class Recorder : IEncoderExecutor
    {
        public List<int> Batches { get; } = [];

        public int Refused { get; private set; }

        public int Disposed { get; private set; }

        public void Run(
            ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, Span<float> output, Span<float> hiddenState,
            bool wantHidden) => Batches.Add(tokenIds.Length);

        public Task RunAsync(
            ReadOnlyMemory<int> tokenIds, ReadOnlyMemory<int> sequenceLengths, ReadOnlyMemory<int> tokenTypes, Memory<float> output,
            CancellationToken cancellation)
        {
            Batches.Add(tokenIds.Length);
            return Task.CompletedTask;
        }

        public void RefuseQueued() => Refused++;

        public void Dispose() => Disposed++;
    }
}

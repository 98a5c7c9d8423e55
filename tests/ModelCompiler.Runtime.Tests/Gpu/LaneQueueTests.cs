using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>The queue in front of lanes: fair, cancellable, and closed without losing a lane.</summary>
public sealed class LaneQueueTests
{
    [Fact]
    public async Task Waiters_are_served_in_the_order_in_which_they_came()
    {
        var queue = new LaneQueue<object>([new()]);
        object lane = queue.Take();
        Task<object>[] waiters = [.. Enumerable.Range(0, 8).Select(_ => queue.TakeAsync().AsTask())];

        foreach (Task<object> waiter in waiters)
        {
            waiter.IsCompleted.ShouldBeFalse();
            queue.Return(lane);
            (await waiter.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBeSameAs(lane);
        }
    }

    [Fact]
    public async Task A_cancelled_waiter_leaves_and_the_next_one_gets_the_lane()
    {
        var queue = new LaneQueue<object>([new()]);
        object lane = queue.Take();
        using var cancel = new CancellationTokenSource();
        Task<object> first = queue.TakeAsync(cancel.Token).AsTask(), second = queue.TakeAsync().AsTask();

        cancel.Cancel();

        await Should.ThrowAsync<OperationCanceledException>(first);
        queue.Waiting.ShouldBe(1);
        queue.Return(lane);
        (await second).ShouldBeSameAs(lane);
    }

    [Fact]
    public async Task Closing_refuses_those_who_wait_and_those_who_come()
    {
        var queue = new LaneQueue<object>([new()]);
        object lane = queue.Take();
        Task<object> waiter = queue.TakeAsync().AsTask();

        queue.Close();
        queue.Return(lane);

        await Should.ThrowAsync<ObjectDisposedException>(waiter);
        Should.Throw<ObjectDisposedException>(() => queue.Take());
    }

    [Fact]
    public async Task Cancelling_while_lanes_are_returned_loses_none()
    {
        object[] lanes = [new(), new()];
        var queue = new LaneQueue<object>(lanes);
        int held = 0, most = 0;

        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 300; i++)
            {
                using var cancel = new CancellationTokenSource();
                ValueTask<object> taken = queue.TakeAsync(cancel.Token);
                if (random.Next(3) == 0)
                    cancel.Cancel();
                object lane;
                try
                {
                    lane = await taken;
                }
                catch (OperationCanceledException)
                {
                    continue;
                }

                int now = Interlocked.Increment(ref held);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref held);
                queue.Return(lane);
            }
        })));

        most.ShouldBe(lanes.Length);
        new[] { queue.Take(), queue.Take() }.ShouldBe(lanes, ignoreOrder: true);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}

using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>In which order two lanes of a GPU queue, by a driver that writes it down.</summary>
public class LaunchTurnTests(RecordedLanes lanes) : IClassFixture<RecordedLanes>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [RecordingDriverFact]
    public void A_batch_waits_for_the_other_lane_s_and_is_what_that_waits_for_next()
    {
        lanes.Queued(lanes.First, lane => Run(lane)).ShouldBe(["wait second", "graph first", "record first", "synchronize first"]);
        lanes.Queued(lanes.Second, lane => Run(lane)).ShouldBe(["wait first", "graph second", "record second", "synchronize second"]);
        lanes.Queued(lanes.First, lane => Run(lane)).ShouldBe(["wait second", "graph first", "record first", "synchronize first"]);
    }

    [RecordingDriverFact]
    public void A_lane_does_not_wait_for_itself()
    {
        Run(lanes.First);
        lanes.Queued(lanes.First, lane => Run(lane)).ShouldBe(["graph first", "record first", "synchronize first"]);
    }

    [RecordingDriverFact]
    public void All_replays_are_one_turn()
    {
        Run(lanes.First);
        lanes.Queued(lanes.Second, lane => lane.Replay(RecordedLanes.Waiting, [RecordedLanes.Waiting.Length], warmUp: 1, runs: 2)).ShouldBe(
        [
            "wait first", "graph second", "graph second", "record mark", "graph second", "record mark", "graph second", "record mark", "record second",
            "synchronize second",
        ]);
    }

    [RecordingDriverFact]
    public void Replays_of_some_launches_are_one_turn_too()
    {
        Run(lanes.First);
        lanes.Queued(
            lanes.Second, lane => lane.Replay(RecordedLanes.Waiting, [RecordedLanes.Waiting.Length], warmUp: 0, runs: 1, launch => launch.Op == 1)).ShouldBe(
            ["wait first", "graph second", "record mark", "graph second", "record mark", "record second", "synchronize second"]);
    }

    [RecordingDriverFact]
    public void All_kernels_of_a_profile_are_one_turn()
    {
        Run(lanes.First);
        int launches = lanes.BucketOf(RecordedLanes.Waiting).Launches.Count;
        lanes.Queued(lanes.Second, lane => lane.Profile(RecordedLanes.Waiting, [RecordedLanes.Waiting.Length])).ShouldBe(
        [
            "wait first", "record mark", .. Enumerable.Repeat((string[])["kernel second", "record mark"], launches).SelectMany(line => line),
            "record second", "synchronize second",
        ]);
    }

    [RecordingDriverFact]
    public void An_op_by_itself_takes_a_turn()
    {
        Run(lanes.First);
        string[] queued = lanes.Queued(
            lanes.Second, lane => lane.RunOp(RecordedLanes.Waiting, [RecordedLanes.Waiting.Length], [], op: lanes.WaitingOp, lanes.OperandsOf(lanes.WaitingOp)));
        // Copies of operands ahead and of results behind end with the host's waiting, outside of the turn.
        queued.SkipWhile(line => line == "synchronize second").TakeWhile(line => line != "synchronize second").ShouldBe(
            ["wait first", "kernel second", "record second"]);
        queued.Count(line => line.StartsWith("kernel", StringComparison.Ordinal)).ShouldBe(1);
    }

    [RecordingDriverFact]
    public void Kernels_whose_blocks_wait_for_nobody_are_queued_at_once()
    {
        Run(lanes.First);
        int[] ids = RecordedLanes.Free, lengths = [RecordedLanes.Free.Length];
        int launches = lanes.BucketOf(ids).Launches.Count;
        lanes.Queued(lanes.Second, lane => Run(lane, ids)).ShouldBe(["graph second", "synchronize second"]);
        lanes.Queued(lanes.Second, lane => lane.Replay(ids, lengths, warmUp: 0, runs: 1)).ShouldBe(
            ["graph second", "record mark", "graph second", "record mark", "synchronize second"]);
        lanes.Queued(lanes.Second, lane => lane.Profile(ids, lengths)).ShouldBe(
        [
            "record mark", .. Enumerable.Repeat((string[])["kernel second", "record mark"], launches).SelectMany(line => line), "synchronize second",
        ]);
    }

    [RecordingDriverFact]
    public async Task What_a_failed_turn_has_queued_is_waited_for()
    {
        Run(lanes.First);
        RecordingDriver.Clear();
        RecordingDriver.Fail("cuGraphLaunch");
        Should.Throw<CudaException>(() => Run(lanes.Second));
        lanes.Read().ShouldBe(["wait first", "record second"]);
        (await QueuedElsewhere(lanes.First)).ShouldBe(["wait second", "graph first", "record first", "synchronize first"]);

        RecordingDriver.Clear();
        RecordingDriver.Fail("cuLaunchKernelEx", before: 2);
        Should.Throw<CudaException>(() => lanes.Second.Profile(RecordedLanes.Waiting, [RecordedLanes.Waiting.Length]));
        lanes.Read().ShouldBe(["wait first", "record mark", "kernel second", "record mark", "kernel second", "record mark", "record second"]);
        (await QueuedElsewhere(lanes.First)).ShouldBe(["wait second", "graph first", "record first", "synchronize first"]);
    }

    [RecordingDriverFact]
    public async Task A_turn_that_does_not_begin_or_end_lets_others_in()
    {
        Run(lanes.First);
        RecordingDriver.Clear();
        RecordingDriver.Fail("cuStreamWaitEvent");
        Should.Throw<CudaException>(() => Run(lanes.Second));
        lanes.Read().ShouldBe([]);
        (await QueuedElsewhere(lanes.First)).ShouldBe(["graph first", "record first", "synchronize first"]);

        RecordingDriver.Clear();
        RecordingDriver.Fail("cuEventRecord");
        Should.Throw<CudaException>(() => Run(lanes.Second));
        lanes.Read().ShouldBe(["wait first", "graph second"]);
        (await QueuedElsewhere(lanes.First)).ShouldBe(["graph first", "record first", "synchronize first"]);
    }

    [RecordingDriverFact]
    public async Task Turns_of_two_threads_do_not_mix()
    {
        Run(lanes.First);
        Run(lanes.Second);
        RecordingDriver.Clear();
        await Task.WhenAll(Task.Run(() => Many(lanes.First)), Task.Run(() => Many(lanes.Second))).WaitAsync(s_patience);

        string owner = "second", inTurn = "";
        foreach (string line in lanes.Read().Where(line => !line.StartsWith("synchronize", StringComparison.Ordinal) && line != "record mark"))
        {
            (string verb, string lane) = (line.Split(' ')[0], line.Split(' ')[1]);
            switch (verb)
            {
                case "wait":
                    (inTurn, lane).ShouldBe(("", owner));
                    inTurn = lane == "first" ? "second" : "first";
                    break;
                case "record":
                    lane.ShouldBe(inTurn);
                    (owner, inTurn) = (inTurn, "");
                    break;
                default:
                    // Without a wait only the lane that was last may go on.
                    lane.ShouldBe(inTurn.Length > 0 ? inTurn : owner);
                    inTurn = lane;
                    break;
            }
        }

        inTurn.ShouldBe("");

        static void Many(GpuLane lane)
        {
            for (int i = 0; i < 100; i++)
            {
                Run(lane);
                lane.Replay(RecordedLanes.Waiting, [RecordedLanes.Waiting.Length], warmUp: 1, runs: 3);
                lane.Profile(RecordedLanes.Waiting, [RecordedLanes.Waiting.Length]);
            }
        }
    }

    [RecordingDriverFact]
    public void A_lane_that_is_gone_is_not_waited_for()
    {
        using (GpuLane gone = lanes.Make())
            Run(gone);
        lanes.Queued(lanes.First, lane => Run(lane)).ShouldBe(["graph first", "record first", "synchronize first"]);
    }

    [Fact]
    public void A_turn_is_for_the_launches_of_its_bucket()
    {
        BucketPlan small = new(32, default, default, new(default, 0), 0), large = small with { Tokens = 64 };
        var graph = new LaneGraph(small, null!);
        Should.Throw<InvalidOperationException>(() =>
        {
            using var turn = new LaunchTurn(large, null!, null!, null!);
            graph.Launch(turn);
        });
    }

    private static void Run(GpuLane lane, int[]? ids = null)
    {
        ids ??= RecordedLanes.Waiting;
        lane.Run(ids, [ids.Length], [], new float[ids.Length * 128], []);
    }

    /// <summary>What a lane queues that another thread runs: a turn that was not ended would keep it out.</summary>
    private async Task<string[]> QueuedElsewhere(GpuLane lane) => await Task.Run(() => lanes.Queued(lane, l => Run(l))).WaitAsync(s_patience);
}

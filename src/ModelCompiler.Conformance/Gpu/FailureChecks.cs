using System.Collections.Concurrent;
using ModelCompiler.Conformance.Weights;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime;

namespace ModelCompiler.Conformance;

/// <summary>How one provoked failure ended.</summary>
/// <param name="Name">What was provoked.</param>
/// <param name="Failure">What went otherwise than expected; null where nothing did.</param>
public sealed record FailureCheck(string Name, string? Failure)
{
    /// <inheritdoc/>
    public override string ToString() => $"failure case, {Name}: {(Failure is null ? "pass" : "FAIL, " + Failure)}";
}

/// <summary>Provokes what goes wrong with GPUs in practice: each must end in a typed error or a clean cancellation, and leak nothing.</summary>
public static class FailureChecks
{
    private static readonly ConformanceCase s_case = ConformanceSuite.Cases(reduced: true)[0];

    /// <summary>Runs all of them on a GPU.</summary>
    /// <param name="device">The GPU.</param>
    /// <param name="folder">An empty folder for damaged files.</param>
    public static IReadOnlyList<FailureCheck> Run(Device device, string folder) =>
    [
        Check("no such GPU", () => Throws<CudaDeviceNotFoundException>(() => Load(new() { Device = Device.Cuda(4096) }).Dispose())),
        Check("a class without kernels for this GPU", () => Throws<GpuArchitectureException>(() => Foreign(device).Dispose())),
        Check("buckets that memory cannot hold", () => Throws<GpuMemoryException>(() => Huge(device).Dispose())),
        Check("a damaged kernel ahead of time is passed over", () => DamagedAheadOfTime(device, folder)),
        Check("damaged kernels in the user's cache are rebuilt", () => DamagedCache(device, Path.Combine(folder, "cache"))),
        Check("a kernel image of noise", () => NoiseImage(device)),
        Check("cancelled while queued", () => CancelWhileQueued(device)),
        Check("disposed while running", () => DisposeWhileRunning(device)),
    ];

    private static FailureCheck Check(string name, Action provoke)
    {
        int before = CudaHandles.Live;
        try
        {
            provoke();
            int left = CudaHandles.Live - before;
            return new(name, left == 0 ? null : $"expected no handles left, found {left}");
        }
        catch (Exception e)
        {
            return new(name, $"{e.GetType().Name}: {e.Message}");
        }
    }

    private static void Throws<T>(Action action)
        where T : Exception
    {
        try
        {
            action();
        }
        catch (T)
        {
            return;
        }

        throw new InvalidOperationException($"expected {typeof(T).Name}, found no error");
    }

    private static EncoderSession Load(EncoderOptions options, Func<EncoderDescriptor, EncoderDescriptor>? change = null)
    {
        ExecutionPlan plan = Planner.Plan(s_case.Model, s_case.Scheme);
        EncoderDescriptor descriptor = GpuConformanceExecutor.Descriptor(s_case, plan);
        return EncoderSession.Load(change is null ? descriptor : change(descriptor), RandomModelWeights.Create(s_case, plan), options);
    }

    private static EncoderSession Foreign(Device device) =>
        Load(new() { Device = device }, d => With(d, d.Shapes, new(d.Targets.First(t => !Runs(device, t)))));

    private static bool Runs(Device device, GpuArch arch)
    {
        using CudaContext context = CudaContext.Open(device.Ordinal);
        return context.Info.Choose([arch]) is not null;
    }

    private static EncoderSession Huge(Device device) =>
        Load(new() { Device = device }, d => With(d, new(new EquatableArray<int>(16, 500_000_000), d.Shapes.MaxSequence), d.Targets));

    private static EncoderDescriptor With(EncoderDescriptor d, ShapeSet shapes, EquatableArray<GpuArch> targets) => new()
    {
        Name = d.Name, Model = d.Model, Scheme = d.Scheme, Shapes = shapes, Targets = targets, PlanHash = d.PlanHash, Kernels = d.Kernels,
    };

    /// <summary>Fills a folder with every kernel of the user's cache, cut short: loading must get all kernels elsewhere.</summary>
    private static void DamagedAheadOfTime(Device device, string folder)
    {
        Load(new() { Device = device }).Dispose(); // fills the cache
        int damaged = 0;
        foreach (string file in Directory.EnumerateFiles(CubinCache.ForUser().Folder, "*.cubin"))
        {
            byte[] bytes = File.ReadAllBytes(file);
            File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(file)), bytes[..(bytes.Length / 2)]);
            damaged++;
        }

        if (damaged == 0)
            throw new InvalidOperationException("expected kernels in the user's cache, found none");
        using EncoderSession session = Load(new() { Device = device, KernelFolder = folder });
        RunOnce(session);
    }

    /// <summary>Cuts every entry of a cache short: the next load must compile all of them again, and the one after it none.</summary>
    private static void DamagedCache(Device device, string folder)
    {
        string? before = Environment.GetEnvironmentVariable(CubinCache.FolderVariable);
        Environment.SetEnvironmentVariable(CubinCache.FolderVariable, folder);
        try
        {
            int kernels = Count(KernelOrigin.Compiled);
            foreach (string file in Directory.EnumerateFiles(folder, "*.cubin"))
            {
                byte[] bytes = File.ReadAllBytes(file);
                File.WriteAllBytes(file, bytes[..(bytes.Length / 2)]);
            }

            foreach (KernelOrigin expected in (KernelOrigin[])[KernelOrigin.Compiled, KernelOrigin.Cache])
            {
                int found = Count(expected);
                if (found != kernels || kernels == 0)
                    throw new InvalidOperationException($"expected {kernels} kernels with the origin {expected}, found {found}");
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable(CubinCache.FolderVariable, before);
        }

        int Count(KernelOrigin origin)
        {
            var loads = new ConcurrentBag<KernelLoad>();
            using EncoderSession session = Load(new() { Device = device, KernelProgress = new Collector(loads) });
            RunOnce(session);
            return loads.Count(load => load.Origin == origin);
        }
    }

    private sealed class Collector(ConcurrentBag<KernelLoad> loads) : IProgress<KernelLoad>
    {
        public void Report(KernelLoad value) => loads.Add(value);
    }

    private static void NoiseImage(Device device)
    {
        using CudaContext context = CudaContext.Open(device.Ordinal);
        var noise = new byte[4096];
        new Random(1).NextBytes(noise);
        Throws<CudaImageException>(() => context.LoadModule(noise, "noise").Dispose());
    }

    private static void CancelWhileQueued(Device device)
    {
        using EncoderSession session = Load(new() { Device = device });
        int cancelled = 0, done = 0;
        Task.WaitAll([.. Enumerable.Range(0, 64).Select(async i =>
        {
            using var cancel = new CancellationTokenSource();
            (int[] ids, int[] lengths, float[] output) = Batch();
            Task run = session.ForwardAsync(ids, lengths, output, cancel.Token);
            if (i % 2 == 1)
                await cancel.CancelAsync();
            try
            {
                await run;
                Interlocked.Increment(ref done);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref cancelled);
            }
        })]);
        if (done + cancelled != 64 || done < 32)
            throw new InvalidOperationException($"expected 64 batches of which at least 32 run, found {done} run and {cancelled} cancelled");
        RunOnce(session);
    }

    private static void DisposeWhileRunning(Device device)
    {
        EncoderSession session = Load(new() { Device = device, Lanes = 2 });
        using var started = new CountdownEvent(8);
        Thread[] callers = [.. Enumerable.Range(0, 8).Select(_ => new Thread(() =>
        {
            started.Signal();
            try
            {
                while (true)
                    RunOnce(session);
            }
            catch (ObjectDisposedException)
            {
                // the end that is expected
            }
        }))];
        foreach (Thread caller in callers)
            caller.Start();
        started.Wait();
        Thread.Sleep(20);
        session.Dispose();
        foreach (Thread caller in callers)
        {
            if (!caller.Join(TimeSpan.FromSeconds(20)))
                throw new InvalidOperationException("expected every caller to end, found one that hangs");
        }
    }

    private static void RunOnce(EncoderSession session)
    {
        (int[] ids, int[] lengths, float[] output) = Batch();
        session.Forward(ids, lengths, output);
        if (ErrorMeasure.NotFinite(output).Count > 0)
            throw new InvalidOperationException("expected finite values, found others");
    }

    private static (int[] Ids, int[] Lengths, float[] Output) Batch()
    {
        ConformanceBatch batch = ConformanceBatch.Random(s_case.Model, s_case.SequenceLengths, 5);
        int rows = s_case.Model.OutputPerToken ? batch.Ids.Length : batch.Lengths.Length;
        return (batch.Ids, batch.Lengths, new float[rows * s_case.Model.OutputColumns]);
    }
}

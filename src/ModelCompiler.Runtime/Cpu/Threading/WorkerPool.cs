using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace ModelCompiler.Runtime.Cpu.Threading;

/// <summary>
/// Persistent threads for fork and join. A caller takes part in its own work; while another caller has the pool, it
/// does all of it itself. Idle workers spin for a moment, since the next phase usually follows at once, then block.
/// </summary>
/// <typeparam name="TState">What a call works on.</typeparam>
/// <remarks>
/// A job is one 64-bit word: generation, an open bit, and the number of workers inside. Workers enter only while the
/// bit is set and the caller clears it when no task is left, so it waits for those that entered, never for one that the
/// system has not woken yet.
/// </remarks>
internal sealed class WorkerPool<TState> : IDisposable
    where TState : class
{
    private const long InsideMask = 0xFFFF;
    private const long OpenBit = 1 << 16;
    private const long Generation = 1 << 17;
    private static readonly long s_spinTicks = Stopwatch.Frequency / 20_000; // 50 µs

    private readonly object _gate = new();
    private readonly Thread[] _threads;
    private long _job;
    private int _owned;
    private int _sleepers;
    private bool _stopping;

    private IParallelWork<TState>? _work;
    private TState? _state;
    private int _phase;
    private int _tasks;
    private int _next;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Starts the workers.</summary>
    /// <param name="threads">Threads that take part in a call, the caller among them.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, (int)InsideMask);
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"ModelCompiler CPU {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Threads that take part in a call, the caller among them.</summary>
    public int Threads => _threads.Length + 1;

    /// <summary>Runs the tasks of a phase and returns when all are done. The first exception of a task is rethrown.</summary>
    public void Run(IParallelWork<TState> work, TState state, int phase, int tasks)
    {
        if (tasks <= 1 || _threads.Length == 0 || Interlocked.CompareExchange(ref _owned, 1, 0) != 0)
        {
            for (int task = 0; task < tasks; task++)
                work.Execute(state, phase, task, worker: 0);
            return;
        }

        try
        {
            _work = work;
            _state = state;
            _phase = phase;
            _tasks = tasks;
            _next = 0;
            Interlocked.Add(ref _job, Generation | OpenBit);
            if (Volatile.Read(ref _sleepers) > 0)
            {
                lock (_gate)
                    Monitor.PulseAll(_gate);
            }

            TakeTasks(worker: 0);
            Interlocked.Add(ref _job, -OpenBit);
            var wait = default(SpinWait);
            while ((Volatile.Read(ref _job) & InsideMask) != 0)
                wait.SpinOnce(sleep1Threshold: -1);
            _work = null;
            _state = null;
            ExceptionDispatchInfo? failure = _failure;
            _failure = null;
            failure?.Throw();
        }
        finally
        {
            Volatile.Write(ref _owned, 0);
        }
    }

    /// <summary>Ends the threads. Not while a call runs.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
            thread.Join();
    }

    private void Loop(int worker)
    {
        while (WaitForJob())
        {
            TakeTasks(worker);
            Interlocked.Decrement(ref _job);
        }
    }

    /// <summary>Enters a job; false when the pool stops.</summary>
    private bool WaitForJob()
    {
        long start = Stopwatch.GetTimestamp();
        while (!Volatile.Read(ref _stopping))
        {
            long job = Volatile.Read(ref _job);
            if ((job & OpenBit) != 0 && Volatile.Read(ref _next) < _tasks)
            {
                if (Interlocked.CompareExchange(ref _job, job + 1, job) == job)
                    return true;
                continue;
            }

            if (Stopwatch.GetTimestamp() - start < s_spinTicks)
            {
                Thread.SpinWait(8);
                continue;
            }

            Sleep();
            start = Stopwatch.GetTimestamp();
        }

        return false;
    }

    private void Sleep()
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _sleepers);
            if ((Volatile.Read(ref _job) & OpenBit) == 0 && !_stopping)
                Monitor.Wait(_gate);
            Interlocked.Decrement(ref _sleepers);
        }
    }

    private void TakeTasks(int worker)
    {
        try
        {
            while (true)
            {
                int task = Interlocked.Increment(ref _next) - 1;
                if (task >= _tasks)
                    return;
                _work!.Execute(_state!, _phase, task, worker);
            }
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            Volatile.Write(ref _next, _tasks);
        }
    }
}

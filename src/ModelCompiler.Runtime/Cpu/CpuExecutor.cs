using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime.Cpu.Stages;
using ModelCompiler.Runtime.Cpu.Threading;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Runtime.Cpu;

/// <summary>
/// Interprets an <see cref="ExecutionPlan"/> on the CPU in the arithmetic of docs/numerics.md: the reference for every
/// kernel, and what runs where there is no GPU.
/// </summary>
/// <remarks>
/// Thread-safe: concurrent calls each use a workspace of their own and give the results that they give alone. A row of
/// the result depends on its own sequence only, not on the batch around it or on the number of threads. After a first
/// call of at least the same size, a call allocates nothing.
/// </remarks>
public sealed unsafe class CpuExecutor : IDisposable
{
    private readonly Stage[] _stages;
    private readonly BufferLayout _layout;
    private readonly WorkerPool<CpuWorkspace> _pool;
    private readonly Stack<CpuWorkspace> _idle = new();
    private readonly List<CpuWorkspace> _all = [];
    private readonly CpuExecutorOptions _options;
    private bool _disposed;

    /// <summary>Makes an executor for a plan.</summary>
    /// <param name="weights">Bound weights, with the plan that they are bound for; not disposed with the executor.</param>
    /// <param name="options">How to run.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public CpuExecutor(CpuWeights weights, CpuExecutorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        _options = options ?? new();
        ArgumentOutOfRangeException.ThrowIfNegative(_options.Threads, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.TokensPerPass, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(_options.MaxSequence, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MaxSequence, weights.Plan.Model.MaxSequence, nameof(options));
        Weights = weights;
        MaxSequence = _options.MaxSequence == 0 ? Plan.Model.MaxSequence : _options.MaxSequence;
        _layout = new(Plan, weights);
        _stages = Plan.Ops.Select(op => Stage.Bind(Plan, op, weights)).ToArray();
        _pool = new(_options.Threads == 0 ? Environment.ProcessorCount : _options.Threads);
    }

    /// <summary>The plan.</summary>
    public ExecutionPlan Plan => Weights.Plan;

    /// <summary>The weights.</summary>
    public CpuWeights Weights { get; }

    /// <summary>Longest sequence in tokens.</summary>
    public int MaxSequence { get; }

    /// <summary>Sees the operands of every linear part while it is set; nothing is computed for it otherwise.</summary>
    internal ICpuObserver? Observer { get; set; }

    /// <summary>Receives, while it is set, copies of the buffers that each op of a pass has written, in the plan's order.</summary>
    internal Action<BufferValues[]>? Tracer { get; set; }

    /// <summary>Values of a result: a row per token or per sequence, as the head says.</summary>
    public long OutputLength(int tokens, int sequences) => (long)(Plan.Model.OutputPerToken ? tokens : sequences) * Plan.Model.OutputColumns;

    /// <summary>Runs a packed batch.</summary>
    /// <param name="tokenIds">[tokens] ids of all sequences, one after the other, without padding.</param>
    /// <param name="sequenceLengths">[sequences] tokens of each sequence.</param>
    /// <param name="tokenTypes">[tokens], or empty for zeros.</param>
    /// <param name="output">Receives exactly <see cref="OutputLength"/> values, row-major.</param>
    /// <exception cref="InvalidBatchException">The batch is not one that the model can take; nothing was done.</exception>
    public void Run(ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, Span<float> output) =>
        Run(tokenIds, sequenceLengths, tokenTypes, output, default, wantHidden: false);

    /// <summary>Runs a packed batch and also returns the last hidden state.</summary>
    /// <param name="tokenIds">[tokens] ids of all sequences, one after the other, without padding.</param>
    /// <param name="sequenceLengths">[sequences] tokens of each sequence.</param>
    /// <param name="tokenTypes">[tokens], or empty for zeros.</param>
    /// <param name="output">Receives exactly <see cref="OutputLength"/> values, row-major.</param>
    /// <param name="hiddenState">Receives [tokens, H] FP16 values as floats.</param>
    /// <exception cref="InvalidBatchException">The batch is not one that the model can take; nothing was done.</exception>
    public void Run(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, Span<float> output, Span<float> hiddenState) =>
        Run(tokenIds, sequenceLengths, tokenTypes, output, hiddenState, wantHidden: true);

    /// <summary>Ends the executor's threads and frees its workspaces. Not while a call runs.</summary>
    public void Dispose()
    {
        lock (_idle)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        _pool.Dispose();
        foreach (CpuWorkspace workspace in _all)
            workspace.Dispose();
    }

    private void Run(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, Span<float> output, Span<float> hiddenState,
        bool wantHidden)
    {
        BatchRules.Require(
            Plan.Model, MaxSequence, tokenIds, sequenceLengths, tokenTypes, output.Length, wantHidden ? hiddenState.Length : null);
        CpuWorkspace pass = Take();
        try
        {
            fixed (int* firstId = tokenIds, firstType = tokenTypes)
            {
                for (int sequence = 0, token = 0; sequence < sequenceLengths.Length;)
                {
                    (int sequences, int tokens) = NextPass(sequenceLengths[sequence..]);
                    pass.Begin(firstId + token, firstType == null ? null : firstType + token, sequenceLengths.Slice(sequence, sequences), tokens);
                    RunStages(pass);
                    int row = Plan.Model.OutputPerToken ? token : sequence, columns = Plan.Model.OutputColumns;
                    Copy(pass, Plan.Output, columns, output[(row * columns)..]);
                    if (wantHidden)
                        Copy(pass, Plan.HiddenState, Plan.Model.HiddenSize, hiddenState[(token * Plan.Model.HiddenSize)..]);
                    sequence += sequences;
                    token += tokens;
                }
            }
        }
        finally
        {
            lock (_idle)
                _idle.Push(pass);
        }
    }

    private void RunStages(CpuWorkspace pass)
    {
        ICpuObserver? observer = Observer;
        for (int i = 0; i < _stages.Length; i++)
        {
            if (observer is not null && Plan.Ops[i] is LinearOp op)
                LinearInspection.Show(observer, op, Weights, (LinearStage)_stages[i], pass);
            _stages[i].Run(pass);
            Tracer?.Invoke(CpuTrace.Written(Plan, i, pass));
        }
    }

    /// <summary>The next whole sequences that fit a pass, at least one.</summary>
    private (int Sequences, int Tokens) NextPass(ReadOnlySpan<int> lengths)
    {
        int tokens = lengths[0], sequences = 1;
        while (sequences < lengths.Length && tokens + lengths[sequences] <= _options.TokensPerPass)
            tokens += lengths[sequences++];
        return (sequences, tokens);
    }

    private void Copy(CpuWorkspace pass, int buffer, int columns, Span<float> target) =>
        new ReadOnlySpan<float>(pass.Floats(buffer), pass.Rows(Plan.Buffers[buffer].Rows) * columns).CopyTo(target);

    private CpuWorkspace Take()
    {
        lock (_idle)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_idle.TryPop(out CpuWorkspace? workspace))
                return workspace;
            workspace = new(_layout, _pool);
            _all.Add(workspace);
            return workspace;
        }
    }
}

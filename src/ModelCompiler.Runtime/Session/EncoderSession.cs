using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Text;

namespace ModelCompiler.Runtime;

/// <summary>
/// A loaded encoder: weights bound to the plan of its class, ready to run. Safe to call from several threads; a row of
/// the result depends on its own sequence only, so it is the same whoever else calls.
/// </summary>
/// <remarks>A call that throws leaves the session as it was. <see cref="Dispose"/> waits for running batches.</remarks>
public sealed partial class EncoderSession : IDisposable
{
    private readonly object _gate = new();
    private readonly IEncoderExecutor _executor;
    private readonly Lazy<WordPieceTokenizer> _tokenizer;
    private int _running;
    private bool _disposed;

    private EncoderSession(EncoderDescriptor descriptor, string folder, string[] labels, IEncoderExecutor executor)
    {
        Descriptor = descriptor;
        Labels = labels;
        _executor = executor;
        _tokenizer = new(() => ReadTokenizer(descriptor, folder));
    }

    /// <summary>Plan, shapes and kernels of the class.</summary>
    public EncoderDescriptor Descriptor { get; }

    /// <summary>Label names by index, from the class or else from the folder's configuration; empty without a classifier.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The folder's tokenizer, read on first use.</summary>
    /// <exception cref="TokenizerException">The folder has none that is supported. Sequences of ids run all the same.</exception>
    public WordPieceTokenizer Tokenizer => _tokenizer.Value;

    /// <summary>Most tokens of one sequence: the class's longest, within what the model has positions for and a bucket holds.</summary>
    public int MaxSequence => Math.Min(Math.Min(Descriptor.Shapes.MaxSequence, Descriptor.Model.MaxSequence), Descriptor.Shapes.MaxTokens);

    /// <summary>Loads a model folder in Hugging Face layout and binds its weights.</summary>
    /// <param name="descriptor">The class.</param>
    /// <param name="folder">Folder with <c>config.json</c>, <c>model.safetensors</c> or its shards and, for text, tokenizer files.</param>
    /// <param name="options">Device and threads; defaults where null.</param>
    /// <exception cref="ModelMismatchException">The folder's configuration or scheme disagrees with the class.</exception>
    /// <exception cref="Weights.TensorMismatchException">A tensor is missing, unexpected, of another shape, or not finite.</exception>
    /// <exception cref="ModelCompilerException">A file is missing or breaks its format; the derived type says which.</exception>
    public static EncoderSession Load(EncoderDescriptor descriptor, string folder, EncoderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new();
        if (options.Threads < 0)
            throw new ModelCompilerException($"EncoderOptions.Threads: expected 0 or more, found {options.Threads}.");
        ExecutionPlan plan = DescriptorPlan.Of(descriptor);
        ModelFolder files = ModelFolder.Open(folder);
        files.RequireModel(descriptor.Model);
        return new(descriptor, folder, files.LabelsFor(descriptor.Model), Bind(descriptor, plan, files.LoadWeights, options));
    }

    /// <summary>A session on weights that are in memory, without labels or a tokenizer.</summary>
    internal static EncoderSession Load(EncoderDescriptor descriptor, ModelWeights weights, EncoderOptions? options = null) =>
        new(descriptor, "", [], Bind(descriptor, weights.Plan, _ => weights, options ?? new()));

    /// <summary>Runs a batch of packed sequences. Allocates nothing once a batch of that size has run.</summary>
    /// <param name="tokenIds">Ids of all sequences, end to end, [tokens].</param>
    /// <param name="sequenceLengths">Tokens of each sequence, at least one, [sequences].</param>
    /// <param name="output">Receives the output, [rows, columns] row-major: a row per sequence, or per token for a token classifier or a model without head.</param>
    /// <exception cref="BatchTooLargeException">More tokens than the largest bucket.</exception>
    /// <exception cref="InvalidBatchException">An id, a length or the size of a span is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public void Forward(ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, Span<float> output) =>
        Run(tokenIds, [], sequenceLengths, output, [], wantsHidden: false);

    /// <summary>Runs a batch of packed sequences with token types (segment ids).</summary>
    /// <inheritdoc cref="Forward(ReadOnlySpan{int}, ReadOnlySpan{int}, Span{float})"/>
    /// <param name="tokenIds">Ids of all sequences, end to end, [tokens].</param>
    /// <param name="tokenTypes">Type of each token, [tokens]; empty for type 0 everywhere.</param>
    /// <param name="sequenceLengths">Tokens of each sequence, [sequences].</param>
    /// <param name="output">Receives the output.</param>
    public void Forward(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> tokenTypes, ReadOnlySpan<int> sequenceLengths, Span<float> output) =>
        Run(tokenIds, tokenTypes, sequenceLengths, output, [], wantsHidden: false);

    /// <summary>Runs a batch of packed sequences and also writes the last hidden state.</summary>
    /// <inheritdoc cref="Forward(ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{int}, Span{float})"/>
    /// <param name="tokenIds">Ids of all sequences, end to end, [tokens].</param>
    /// <param name="tokenTypes">Type of each token, [tokens]; empty for type 0 everywhere.</param>
    /// <param name="sequenceLengths">Tokens of each sequence, [sequences].</param>
    /// <param name="output">Receives the output.</param>
    /// <param name="hiddenState">Receives the last hidden state, [tokens, H] row-major.</param>
    public void Forward(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> tokenTypes, ReadOnlySpan<int> sequenceLengths, Span<float> output, Span<float> hiddenState) =>
        Run(tokenIds, tokenTypes, sequenceLengths, output, hiddenState, wantsHidden: true);

    /// <summary>Runs a batch of packed sequences without blocking a thread while it waits for its turn.</summary>
    /// <param name="tokenIds">Ids of all sequences, end to end, [tokens]. None of the memory may change before the task ends.</param>
    /// <param name="sequenceLengths">Tokens of each sequence, at least one, [sequences].</param>
    /// <param name="output">Receives the output, as with <see cref="Forward(ReadOnlySpan{int}, ReadOnlySpan{int}, Span{float})"/>.</param>
    /// <param name="cancellationToken">Takes the batch out of the queue; one that runs is not cut short.</param>
    /// <exception cref="BatchTooLargeException">More tokens than the largest bucket.</exception>
    /// <exception cref="InvalidBatchException">An id, a length or the size of a span is out of range.</exception>
    /// <exception cref="OperationCanceledException">The batch was cancelled while it waited.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public Task ForwardAsync(
        ReadOnlyMemory<int> tokenIds, ReadOnlyMemory<int> sequenceLengths, Memory<float> output, CancellationToken cancellationToken) =>
        ForwardAsync(tokenIds, default, sequenceLengths, output, cancellationToken);

    /// <summary>Runs a batch of packed sequences with token types (segment ids) without blocking a thread while it waits for its turn.</summary>
    /// <inheritdoc cref="ForwardAsync(ReadOnlyMemory{int}, ReadOnlyMemory{int}, Memory{float}, CancellationToken)"/>
    /// <param name="tokenIds">Ids of all sequences, end to end, [tokens].</param>
    /// <param name="tokenTypes">Type of each token, [tokens]; empty for type 0 everywhere.</param>
    /// <param name="sequenceLengths">Tokens of each sequence, [sequences].</param>
    /// <param name="output">Receives the output.</param>
    /// <param name="cancellationToken">Takes the batch out of the queue.</param>
    public async Task ForwardAsync(
        ReadOnlyMemory<int> tokenIds, ReadOnlyMemory<int> tokenTypes, ReadOnlyMemory<int> sequenceLengths, Memory<float> output,
        CancellationToken cancellationToken)
    {
        BatchRules.RequireBucket(Descriptor.Shapes, tokenIds.Length);
        Enter();
        try
        {
            await _executor.RunAsync(tokenIds, sequenceLengths, tokenTypes, output, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Ends the wait of batches that are queued with <see cref="ObjectDisposedException"/>, waits for running ones, then
    /// frees memory and threads. Later calls throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        _executor.RefuseQueued();
        lock (_gate)
        {
            while (_running > 0)
                Monitor.Wait(_gate);
        }

        _executor.Dispose();
    }

    /// <summary>A session on weights that are made in memory for each plan that the buckets run, without labels or a tokenizer.</summary>
    internal static EncoderSession Load(EncoderDescriptor descriptor, Func<ExecutionPlan, ModelWeights> weights, EncoderOptions? options = null) =>
        new(descriptor, "", [], Bind(descriptor, DescriptorPlan.Of(descriptor), weights, options ?? new()));

    /// <summary>What runs the session's batches, for tools that ask more of it than the results.</summary>
    internal IEncoderExecutor Executor => _executor;

    private void Run(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> tokenTypes, ReadOnlySpan<int> sequenceLengths, Span<float> output, Span<float> hiddenState,
        bool wantsHidden)
    {
        // The executor checks everything else, but knows no buckets.
        BatchRules.RequireBucket(Descriptor.Shapes, tokenIds.Length);
        Enter();
        try
        {
            _executor.Run(tokenIds, sequenceLengths, tokenTypes, output, hiddenState, wantsHidden);
        }
        finally
        {
            Leave();
        }
    }

    private void Enter()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _running++;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_running == 0)
                Monitor.PulseAll(_gate);
        }
    }

    private static IEncoderExecutor Bind(
        EncoderDescriptor descriptor, ExecutionPlan plan, Func<ExecutionPlan, ModelWeights> weights, EncoderOptions options)
    {
        if (!options.Device.IsCuda)
            return new CpuSessionExecutor(descriptor, plan, weights(plan), options);
        return descriptor.Strategies.Count > 0
            ? StrategyExecutor.Load(descriptor, weights, options)
            : GpuExecutor.Load(descriptor, plan, () => weights(plan), options);
    }

    /// <summary>A tokenizer with more tokens than the table has rows belongs to another model.</summary>
    private static WordPieceTokenizer ReadTokenizer(EncoderDescriptor descriptor, string folder)
    {
        var tokenizer = WordPieceTokenizer.FromFolder(folder);
        return tokenizer.VocabularySize <= descriptor.Model.VocabularySize
            ? tokenizer
            : throw new ModelMismatchException(
                folder, "tokens of the tokenizer", $"at most {descriptor.Model.VocabularySize}, the rows of the word table", $"{tokenizer.VocabularySize}");
    }
}

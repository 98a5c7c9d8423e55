namespace ModelCompiler.Runtime;

/// <summary>Runs checked batches of one plan on one device. Any number of threads may call it.</summary>
internal interface IEncoderExecutor : IDisposable
{
    /// <summary>Checks a batch and runs it on the calling thread.</summary>
    /// <param name="tokenIds">[tokens].</param>
    /// <param name="sequenceLengths">[sequences].</param>
    /// <param name="tokenTypes">[tokens], or empty for zeros.</param>
    /// <param name="output">Receives the output.</param>
    /// <param name="hiddenState">Receives the last hidden state where wanted.</param>
    /// <param name="wantHidden">Whether it is.</param>
    void Run(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, Span<float> output, Span<float> hiddenState,
        bool wantHidden);

    /// <summary>Checks a batch, waits for its turn without a thread, and runs it.</summary>
    /// <param name="tokenIds">[tokens].</param>
    /// <param name="sequenceLengths">[sequences].</param>
    /// <param name="tokenTypes">[tokens], or empty for zeros.</param>
    /// <param name="output">Receives the output.</param>
    /// <param name="cancellation">Takes the batch out of the queue; one that runs is not cut short.</param>
    Task RunAsync(
        ReadOnlyMemory<int> tokenIds, ReadOnlyMemory<int> sequenceLengths, ReadOnlyMemory<int> tokenTypes, Memory<float> output,
        CancellationToken cancellation);

    /// <summary>Ends the wait of whoever is queued with <see cref="ObjectDisposedException"/>; running batches go on.</summary>
    void RefuseQueued();
}

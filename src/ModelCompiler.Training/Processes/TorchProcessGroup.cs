namespace ModelCompiler.Training.Processes;

#if TORCHSHARP
/// <summary>TorchSharp has no binding of libtorch's process groups.</summary>
internal static class TorchProcessGroup
{
    public static IProcessGroup Connect(string device, string address, int port, int rank, int size) =>
        throw new TrainingException($"WORLD_SIZE: expected 1, because TorchSharp has no process groups, found {size}; build with the repository's own binding.");
}
#else
/// <summary>Processes joined by libtorch's c10d: gloo on CPUs, NCCL on GPUs.</summary>
internal sealed class TorchProcessGroup : IProcessGroup
{
    private TorchProcessGroup(int rank, int size) => (Rank, Size) = (rank, size);

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    public static TorchProcessGroup Connect(string device, string address, int port, int rank, int size)
    {
        string backend = device.StartsWith("cuda", StringComparison.Ordinal) ? "nccl" : "gloo";
        torch.distributed.init_process_group(backend, address, port, rank, size);
        return new(rank, size);
    }

    /// <inheritdoc/>
    public void Sum(Tensor values) => torch.distributed.all_reduce(values);

    /// <inheritdoc/>
    public void Dispose() => torch.distributed.destroy_process_group();
}
#endif

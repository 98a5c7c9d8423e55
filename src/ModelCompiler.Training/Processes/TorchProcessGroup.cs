namespace ModelCompiler.Training.Processes;

#if TORCHSHARP
/// <summary>TorchSharp has no binding of libtorch's process groups.</summary>
internal static class TorchProcessGroup
{
    public static IProcessGroup Connect(string device, string address, int port, int rank, int size) =>
        throw new TrainingException($"WORLD_SIZE: expected 1, because TorchSharp has no process groups, found {size}; build with the repository's own binding.");
}
#endif

using System.Globalization;

namespace ModelCompiler.Training.Processes;

/// <summary>
/// The process group that the environment describes, in the variables of torchrun: <c>RANK</c>, <c>WORLD_SIZE</c>,
/// <c>LOCAL_RANK</c>, <c>MASTER_ADDR</c>, <c>MASTER_PORT</c>.
/// </summary>
public static class ProcessGroups
{
    /// <summary>Number of this process on its host, which is the number of its GPU.</summary>
    public static int LocalRank => Read("LOCAL_RANK") ?? Read("RANK") ?? 0;

    /// <summary>One process where <c>WORLD_SIZE</c> is absent or 1; else gloo for CPUs and NCCL for GPUs.</summary>
    /// <param name="device">Where it trains.</param>
    /// <exception cref="TrainingException">A variable is missing or no number, or this provider of torch has no process groups.</exception>
    public static IProcessGroup FromEnvironment(string device)
    {
        if (Read("WORLD_SIZE") is not (> 1 and var size))
            return new SingleProcess();
        int rank = Read("RANK") ?? throw Missing("RANK");
        string address = Environment.GetEnvironmentVariable("MASTER_ADDR") ?? throw Missing("MASTER_ADDR");
        int port = Read("MASTER_PORT") ?? throw Missing("MASTER_PORT");
        if (rank < 0 || rank >= size)
            throw new TrainingException($"RANK: expected a number below WORLD_SIZE {size}, found {rank}.");
        return TorchProcessGroup.Connect(device, address, port, rank, size);
    }

    private static int? Read(string name) => Environment.GetEnvironmentVariable(name) is not { Length: > 0 } text
        ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new TrainingException($"{name}: expected a number in the environment, found '{text}'.");

    private static TrainingException Missing(string name) =>
        new($"{name}: expected it in the environment, because WORLD_SIZE is above 1, found nothing.");
}

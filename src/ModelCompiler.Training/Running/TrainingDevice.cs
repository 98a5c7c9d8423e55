using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Running;

/// <summary>Opens devices; never another one than asked for.</summary>
internal static class TrainingDevice
{
    /// <exception cref="TrainingException">The device is not there, or the compute type does not run on it.</exception>
    public static torch.Device Open(string name, ComputeType compute)
    {
        bool cuda = name == "cuda" || name.StartsWith("cuda:", StringComparison.Ordinal);
        if (!cuda && name != "cpu")
            throw new TrainingException($"--device: expected cpu, cuda or cuda:N, found '{name}'.");
        if (cuda && !torch.cuda.is_available())
            throw new TrainingException("--device: expected a CUDA device that libtorch can use, found none.");
        if (!cuda && compute == ComputeType.Float16)
            throw new TrainingException("training.compute: expected float32 or bfloat16 on the CPU, found float16.");
        return torch.device(name);
    }
}

using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>The weights of a plan in device memory, in one allocation that every lane reads.</summary>
internal sealed class DeviceWeights : IWeightAddresses, IDisposable
{
    private readonly WeightImage _image;
    private readonly DeviceMemory _memory;

    private DeviceWeights(WeightImage image, DeviceMemory memory)
    {
        _image = image;
        _memory = memory;
    }

    /// <summary>Copies an image to the GPU and frees its host memory; its offsets stay.</summary>
    public static unsafe DeviceWeights Upload(CudaContext context, WeightImage image)
    {
        DeviceMemory memory = context.Allocate(image.Length);
        try
        {
            using CudaStream stream = context.CreateStream();
            stream.CopyToDevice(memory.Address, image.Pointer, image.Length);
            stream.Synchronize();
            image.Dispose();
            return new(image, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public LinearAddresses Linear(PlanWeight weight, WeightOrder order)
    {
        PackedLinear packed = _image.Linear(weight);
        return new(At(packed.Weights[order]), At(packed.Scale), At(packed.Lo), At(packed.Correction), At(packed.Bias));
    }

    /// <inheritdoc/>
    public NormAddresses Norm(PlanWeight weight)
    {
        PackedNorm packed = _image.Norm(weight);
        return new(At(packed.Gamma), At(packed.Beta));
    }

    /// <inheritdoc/>
    public ulong Table(PlanWeight weight) => At(_image.Table(weight));

    /// <inheritdoc/>
    public DenseAddresses Dense(PlanWeight weight)
    {
        PackedDense packed = _image.Dense(weight);
        return new(At(packed.Weights), At(packed.Bias));
    }

    /// <inheritdoc/>
    public CalibratedRange? InputRange(PlanWeight consumer) => _image.InputRange(consumer);

    /// <summary>Frees the allocation. Not while a lane runs.</summary>
    public void Dispose() => _memory.Dispose();

    private ulong At(long? offset) => offset is { } bytes ? _memory.Address + (ulong)bytes : 0;
}

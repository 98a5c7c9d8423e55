using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>How kernels are launched on a GPU.</summary>
internal static class LaunchShapes
{
    /// <summary>Shape of a launch in a bucket.</summary>
    /// <param name="kernel">What is launched.</param>
    /// <param name="bucketTokens">The bucket.</param>
    /// <param name="multiprocessors">Of the GPU: a persistent kernel gets no more blocks than run at a time.</param>
    /// <param name="dependent">Programmatic dependent launch.</param>
    public static LaunchShape ShapeIn(this KernelPlan kernel, int bucketTokens, int multiprocessors, bool dependent)
    {
        (int x, int y) = kernel.Grid(bucketTokens);
        if (kernel.IsPersistent)
            x = Math.Min(x, multiprocessors / kernel.ClusterSize * kernel.ClusterSize);
        return new(x, y, kernel.Threads, kernel.SharedBytes, kernel.ClusterSize, dependent);
    }
}

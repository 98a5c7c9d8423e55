using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>How kernels are launched on a GPU.</summary>
internal static class LaunchShapes
{
    /// <summary>Shape of a launch in a bucket.</summary>
    /// <param name="kernel">What is launched.</param>
    /// <param name="bucketTokens">The bucket.</param>
    /// <param name="blocksAtATime">Blocks of such a launch that the GPU runs at a time; asked where it matters.</param>
    /// <param name="dependent">Programmatic dependent launch.</param>
    /// <exception cref="ModelCompilerException">Blocks wait for one another that the GPU does not run at the same time.</exception>
    public static LaunchShape ShapeIn(this KernelPlan kernel, int bucketTokens, Func<LaunchShape, int> blocksAtATime, bool dependent)
    {
        (int x, int y) = kernel.Grid(bucketTokens);
        var shape = new LaunchShape(x, y, kernel.Threads, kernel.SharedBytes, kernel.ClusterSize, dependent);
        int waiting = kernel.BlocksThatWait(bucketTokens);
        if (!kernel.IsPersistent && waiting == 0)
            return shape;
        int room = blocksAtATime(shape);
        if (waiting > room)
            throw new ModelCompilerException($"{kernel.Name}: expected a GPU that runs {waiting} blocks at a time, because they wait for one another, found one that runs {room}.");
        return kernel.IsPersistent ? shape with { GridX = Math.Min(x, room) } : shape;
    }
}

namespace ModelCompiler.Cuda.Driver;

/// <summary>A loaded kernel image.</summary>
public sealed class CudaModule : IDisposable
{
    private readonly ContextHandle _context;
    private readonly CudaHandle _handle;
    private readonly string _name;

    internal CudaModule(ContextHandle context, CudaHandle handle, string name)
    {
        _context = context;
        _handle = handle;
        _name = name;
    }

    /// <summary>An entry function; usable as long as the module is.</summary>
    /// <exception cref="CudaException">The image has no such function.</exception>
    public CudaFunction Function(string name)
    {
        using (_context.Enter())
        {
            CudaException.ThrowOn(CudaNative.cuModuleGetFunction(out nint function, _handle.Value, name), $"Entry '{name}' of {_name}");
            return new(_context, function, name);
        }
    }

    /// <summary>Unloads it. Not while the GPU runs its functions.</summary>
    public void Dispose() => _handle.Dispose();
}

/// <summary>An entry function of a module.</summary>
public sealed class CudaFunction
{
    private const int SharedBytesWithoutAsking = 48 << 10;
    private const int PortableCluster = 8;

    /// <summary>As much shared memory as there is, in percent.</summary>
    private const int WholeCarveout = 100;

    private readonly ContextHandle _context;

    internal CudaFunction(ContextHandle context, nint handle, string name)
    {
        _context = context;
        Handle = handle;
        Name = name;
    }

    /// <summary>Name of the entry.</summary>
    public string Name { get; }

    internal nint Handle { get; }

    /// <summary>Registers of a thread.</summary>
    public int Registers => Attribute(CudaFunctionAttribute.NumRegs);

    /// <summary>Asks for what some launches need permission for: more than 48 KiB of shared memory, clusters of more than 8 blocks.</summary>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="cluster">Blocks of a cluster.</param>
    /// <param name="overlaps">
    /// True for kernels that start before the one ahead has ended. A multiprocessor divides its memory into L1 and shared memory
    /// as a kernel prefers, and divides it anew only while it is empty; where all prefer the same, none waits for that.
    /// </param>
    public void Prepare(int sharedBytes, int cluster, bool overlaps)
    {
        if (overlaps)
            Set(CudaFunctionAttribute.PreferredSharedMemoryCarveout, WholeCarveout);
        if (sharedBytes > SharedBytesWithoutAsking)
            Set(CudaFunctionAttribute.MaxDynamicSharedSizeBytes, sharedBytes);
        if (cluster > PortableCluster)
            Set(CudaFunctionAttribute.NonPortableClusterSizeAllowed, 1);
    }

    /// <summary>Blocks that one multiprocessor holds at a time.</summary>
    public int BlocksPerMultiprocessor(int threads, int sharedBytes)
    {
        using (_context.Enter())
        {
            CudaException.ThrowOn(
                CudaNative.cuOccupancyMaxActiveBlocksPerMultiprocessor(out int blocks, Handle, threads, (nuint)sharedBytes), $"Occupancy of {Name}");
            return blocks;
        }
    }

    /// <summary>Blocks of a launch that the GPU runs at a time: whole clusters, of which its parts have room for some.</summary>
    /// <param name="shape">The launch; its grid has no influence.</param>
    /// <param name="multiprocessors">Of the GPU.</param>
    public unsafe int BlocksAtATime(in LaunchShape shape, int multiprocessors)
    {
        if (shape.Cluster == 1)
            return multiprocessors * BlocksPerMultiprocessor(shape.Threads, shape.SharedBytes);
        CudaLaunchAttribute* attributes = stackalloc CudaLaunchAttribute[2];
        CudaLaunchConfig config = CudaLaunchConfig.Of(shape, 0, attributes);
        using (_context.Enter())
        {
            CudaException.ThrowOn(CudaNative.cuOccupancyMaxActiveClusters(out int clusters, Handle, &config), $"Occupancy of {Name} in clusters of {shape.Cluster}");
            return clusters * shape.Cluster;
        }
    }

    private int Attribute(CudaFunctionAttribute attribute)
    {
        using (_context.Enter())
        {
            CudaException.ThrowOn(CudaNative.cuFuncGetAttribute(out int value, attribute, Handle), $"Attribute {attribute} of {Name}");
            return value;
        }
    }

    private void Set(CudaFunctionAttribute attribute, int value)
    {
        using (_context.Enter())
            CudaException.ThrowOn(CudaNative.cuFuncSetAttribute(Handle, attribute, value), $"Setting {attribute} of {Name} to {value}");
    }
}

using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables that every kernel template has; templates/cuda/README.md lists them with types.</summary>
internal abstract class KernelView(KernelPlan kernel)
{
    /// <summary>Entry point.</summary>
    public string Name => kernel.Name;

    /// <summary>Architecture, such as <c>sm_80</c>.</summary>
    public string Arch => kernel.Arch.Name();

    /// <summary>Threads of a block.</summary>
    public int Threads => kernel.Threads;

    /// <summary>Dynamic shared memory of a block in bytes.</summary>
    public int SharedBytes => kernel.SharedBytes;

    /// <summary>Blocks of a cluster.</summary>
    public int ClusterSize => kernel.ClusterSize;

    /// <summary>True where blocks do not work alone.</summary>
    public bool IsCluster => kernel.ClusterSize > 1;

    /// <summary>First 16 digits of the plan's hash.</summary>
    public string PlanHash { get; } = ContentHash.Of(kernel.ToString()).Substring(0, 16);

    /// <summary>True where the epilogue stores FP16 or fp32 values.</summary>
    public bool Stores => kernel.Epilogue.Ops.Any(op => op is EpilogueOp.StoreFloat16 or EpilogueOp.StoreFloat32);

    /// <summary>C++ element type of that store.</summary>
    public string StoreType => kernel.Epilogue.Ops.Any(op => op is EpilogueOp.StoreFloat32) ? "float" : "mc::Half";

    /// <summary>C++ literal of <see cref="Stores"/>.</summary>
    public string StoresLiteral => CudaText.Bool(Stores);

    /// <summary>C++ type of the quantizer, or <c>mc::NoFormat</c>.</summary>
    public string Format => CudaText.FormatOf(kernel.Epilogue);

    /// <summary>What is quantized, for a person; empty where nothing is.</summary>
    public string Codes => kernel.Epilogue.Ops.OfType<EpilogueOp.Quantize>().FirstOrDefault() is { } q ? CudaText.Describe(q) : "";

    /// <summary>True where the epilogue quantizes.</summary>
    public bool Quantizes => Codes.Length > 0;
}

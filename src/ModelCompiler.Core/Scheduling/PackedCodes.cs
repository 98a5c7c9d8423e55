using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// Activations that lie two codes to a byte though tensor cores multiply them as bytes: half the bytes are written and read, and
/// the reader unpacks them in registers (mc/hopper/packed_activations.cuh).
/// </summary>
internal static class PackedCodes
{
    /// <summary>The smallest bucket that was measured to be faster so (bench/results: hopper_gemm_bench on an H100).</summary>
    public const int SmallestBucket = 4096;

    /// <summary>Shorter rows of activations were not measured.</summary>
    private const int FewestInputs = 3072;

    /// <summary>
    /// Ids of the buffers of such codes in a bucket: those whose only reader is the linear part behind their writer, with many more
    /// inputs than outputs. Others take in too few bytes of activations to gain.
    /// </summary>
    public static IReadOnlyCollection<int> Buffers(ExecutionPlan plan, GpuArch arch, int bucketTokens)
    {
        var found = new HashSet<int>();
        if (arch != GpuArch.Sm90a || bucketTokens < SmallestBucket)
            return found;
        for (int op = 0; op + 1 < plan.Ops.Count; op++)
        {
            if (plan.Ops[op] is LinearOp writer && writer.Epilogue[^1] is QuantizeStep codes && plan.Ops[op + 1] is LinearOp reader
                && reader.Source == codes.Buffer && plan.Buffers[codes.Buffer].LastOp == op + 1
                && IsDense(writer) && IsDense(reader) && reader.K >= FewestInputs && reader.K > reader.N
                && HasKernel(plan, reader, arch, bucketTokens))
                found.Add(codes.Buffer);
        }

        return found;
    }

    /// <summary>True for the formats of operands that the reader can have.</summary>
    public static bool IsPackable(LinearPrecision precision) =>
        precision.Activations is { IsQuantized: true, Bits: 4, Symmetry: Symmetry.Symmetric }
        && precision.Weights is { IsQuantized: true, Symmetry: Symmetry.Symmetric };

    private static bool IsDense(LinearOp op) => op.Precision.Weights.Sparsity == Sparsity.Dense;

    private static bool HasKernel(ExecutionPlan plan, LinearOp reader, GpuArch arch, int bucketTokens)
    {
        GemmProblem problem = GemmProblem.For(reader.N, reader.K, reader.Precision, arch);
        return IsPackable(problem.Precision)
            && WgmmaRules.Kernels(problem.WithPackedCodes(), EpilogueSpec.From(plan, reader, arch, []), arch, bucketTokens).Any();
    }
}

using ModelCompiler.Cuda.Tests.Prerequisites;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Cuda.Binary;
using ModelCompiler.Cuda.Compilation;
using Xunit.Abstractions;

namespace ModelCompiler.Cuda.Tests.Kernels;

/// <summary>Every kernel of the models and precisions that the README promises compiles for every target, and is what it claims to be.</summary>
public class PlanKernelsTests(ITestOutputHelper output)
{
    /// <summary>One bucket for each tile of the rules that a class with small and large batches gets.</summary>
    private static readonly int[] s_buckets = [32, 128, 256, 1024, 4096, 16384];

    public static TheoryData<string, GpuArch> Cases
    {
        get
        {
            var cases = new TheoryData<string, GpuArch>();
            foreach (string model in new[] { "wordnet", "base", "large" })
            {
                foreach (GpuArch arch in new[] { GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90a })
                    cases.Add(model, arch);
            }

            return cases;
        }
    }

    [NvrtcTheory, MemberData(nameof(Cases))]
    public async Task Kernels_compile_without_spills_and_with_the_instructions_of_their_family(string name, GpuArch arch)
    {
        EncoderModel model = name switch
        {
            "wordnet" => Bert(256, 4, 4, 1024, 45),
            "base" => Bert(768, 12, 12, 3072, 2),
            _ => Bert(1024, 24, 16, 4096, 2),
        };
        KernelPlan[] kernels = Schemes(all: name == "wordnet")
            .SelectMany(scheme => Scheduler.Schedule(Planner.Plan(model, scheme), new(new(s_buckets), 512), arch).Kernels)
            .Distinct().ToArray();

        var compiler = new KernelCompiler();
        KernelRequest[] requests = kernels
            .Select(kernel => KernelRenderer.Render(kernel))
            .Select(rendered => new KernelRequest(new(rendered.Name, rendered.Source), arch)).ToArray();
        IReadOnlyList<KernelOutcome> outcomes = await compiler.CompileAllAsync(requests, Environment.ProcessorCount, null, default);

        var wrong = new List<string>();
        for (int i = 0; i < kernels.Length; i++)
        {
            if (outcomes[i] is KernelOutcome.Failed failed)
            {
                wrong.Add($"{kernels[i].Name}: {failed.Error.Message}");
                continue;
            }

            CompiledKernel compiled = ((KernelOutcome.Ready)outcomes[i]).Kernel;
            wrong.AddRange(Check(kernels[i], compiled).Select(what => $"{kernels[i].Name}: {what}"));
        }

        output.WriteLine($"{kernels.Length} kernels");
        wrong.ShouldBeEmpty(string.Join("\n", wrong));
    }

    private static IEnumerable<string> Check(KernelPlan kernel, CompiledKernel compiled)
    {
        CubinKernel code = CubinFile.Parse(compiled.Cubin)[kernel.Name];
        if (kernel is not (LinearKernel or AttentionKernel or HopperAttentionKernel or EmbeddingKernel or DenseKernel))
            yield break;
        if (compiled.Resources.Spills || code.HasLocalMemoryAccess)
            yield return $"{compiled.Resources.SpillStoreBytes} bytes spilled, {code.LocalMemoryInstructions} local memory instructions, {compiled.Resources.Registers} registers";
        if (kernel is LinearKernel gemm)
        {
            TensorInstructionCounts counts = code.TensorInstructions;
            int expected = gemm.Problem.Family switch
            {
                GemmFamily.Int4 => counts.S4,
                GemmFamily.Int8 or GemmFamily.Int8Weight4 or GemmFamily.Int8Activation4 => counts.S8,
                _ => counts.F16,
            };
            int warpGroup = gemm is WgmmaGemmKernel or SplitKGemmKernel or SparseGemmKernel ? expected : 0, sparse = gemm is SparseGemmKernel ? expected : 0;
            if (expected == 0 || expected != counts.Total || counts.WarpGroup != warpGroup || counts.Sparse != sparse)
                yield return $"{gemm.Problem.Family} kernel with tensor instructions {counts}";
        }
    }

    /// <summary>The five precisions; with the formats that only the sample uses where <paramref name="all"/> is set.</summary>
    private static IEnumerable<QuantizationScheme> Schemes(bool all)
    {
        WeightFormat W(int bits, Symmetry symmetry = Symmetry.Symmetric, int group = 0) => bits == 16 ? WeightFormat.Float16 : new(bits, symmetry, group);
        ActivationFormat A(int bits, Symmetry symmetry = Symmetry.Symmetric, ActivationRange range = ActivationRange.PerToken) =>
            bits == 16 ? ActivationFormat.Float16 : new(bits, symmetry, range);

        yield return QuantizationScheme.Uniform(new(W(16), A(16)));
        yield return QuantizationScheme.Uniform(new(W(4), A(16)));
        yield return QuantizationScheme.Uniform(new(W(8), A(8)));
        yield return QuantizationScheme.Uniform(new(W(4), A(8)));
        yield return QuantizationScheme.Uniform(new(W(4), A(4)));
        yield return QuantizationScheme.Uniform(new(W(4) with { Sparsity = Sparsity.TwoOfFour }, A(4)));
        if (!all)
            yield break;
        yield return QuantizationScheme.Uniform(new(W(8) with { Sparsity = Sparsity.TwoOfFour }, A(8, Symmetry.Asymmetric)));
        yield return QuantizationScheme.Uniform(new(W(4, Symmetry.Asymmetric), A(4, Symmetry.Asymmetric)));
        yield return QuantizationScheme.Uniform(new(W(4, group: 64), A(8)));
        yield return QuantizationScheme.Uniform(new(W(4), A(4, range: ActivationRange.Static)));
    }

    private static EncoderModel Bert(int hidden, int layers, int heads, int intermediate, int labels) => new()
    {
        Family = EncoderFamily.Bert,
        Head = EncoderHead.SequenceClassifier,
        HiddenSize = hidden,
        Layers = layers,
        AttentionHeads = heads,
        IntermediateSize = intermediate,
        VocabularySize = 30522,
        MaxPositions = 512,
        TokenTypes = 2,
        PadTokenId = 0,
        LayerNormEpsilon = 1e-12,
        Activation = ActivationFunction.Gelu,
        Labels = labels,
    };
}

using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of <c>cluster_mlp.cu.hbs</c>.</summary>
internal sealed class ClusterMlpView(ClusterMlpKernel kernel) : KernelView(kernel)
{
    public ProductView In { get; } = new(kernel.In);

    public ProductView Out { get; } = new(kernel.Out);

    public ResidentTile InTile => kernel.InTile;

    public SplitTile OutTile => kernel.OutTile;

    /// <summary>Steps between the products, for a person; the last one quantizes.</summary>
    public IReadOnlyList<EpilogueText> MiddleSteps { get; } = EpilogueText.StepsOf(kernel.In, kernel.Middle);

    /// <summary>C++ types of those before the quantizer.</summary>
    public string MiddleTypes => string.Join(", ", MiddleSteps.Take(MiddleSteps.Count - 1).Select(step => step.Type));

    /// <summary>C++ type of the quantizer between the products.</summary>
    public string MiddleFormat => CudaText.FormatOf(kernel.Middle);

    public IReadOnlyList<EpilogueText> Steps { get; } = EpilogueText.StepsOf(kernel.Out, kernel.Epilogue);

    /// <summary>C++ types of the steps behind the second product.</summary>
    public string StepTypes => string.Join(",\n    ", Steps.Select(step => step.Type));

    public string Epsilon => CudaText.Float(kernel.Epilogue.Ops.OfType<EpilogueOp.LayerNorm>().First().Epsilon);

    /// <summary>One of the products.</summary>
    internal sealed class ProductView(GemmProblem problem)
    {
        public int N => problem.N;

        public int K => problem.K;

        public string ActivationOperand => LinearView.Operand(quantized: true, problem.ActivationBits, problem.Precision.Activations.Symmetry);

        public string WeightOperand => LinearView.Operand(quantized: true, problem.WeightBits, problem.Precision.Weights.Symmetry);
    }
}

using ModelCompiler.Core.Scheduling;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>An order of weights in device memory, and how weights are brought into it.</summary>
internal abstract unsafe class WeightLayout
{
    /// <summary>Size in device memory.</summary>
    public abstract long Bytes { get; }

    /// <summary>The layout of a problem's weights.</summary>
    public static WeightLayout For(GemmProblem problem, WeightOrder order) => order switch
    {
        WeightOrder.Fragments => new FragmentLayout(problem),
        WeightOrder.SwizzledRows => new SwizzledRowLayout(problem, ofNibbles: false),
        WeightOrder.SwizzledRowsOfNibbles => new SwizzledRowLayout(problem, ofNibbles: true),
        WeightOrder.SparseRows => new SparseRowLayout(problem),
        _ => throw new ArgumentOutOfRangeException(nameof(order), order, "Unknown order of weights."),
    };

    /// <summary>Packs codes, one a byte, [N, K] row-major.</summary>
    /// <param name="linear">The codes.</param>
    /// <param name="target"><see cref="Bytes"/> bytes, zeroed.</param>
    public abstract void Pack(QuantizedLinear linear, byte* target);

    /// <summary>Packs FP16 weights, [N, K] row-major.</summary>
    /// <param name="values">The weights.</param>
    /// <param name="target"><see cref="Bytes"/> bytes, zeroed.</param>
    public abstract void Pack(Half[] values, byte* target);
}

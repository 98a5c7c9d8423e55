using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// An epilogue step as a kernel sees it: without buffers and weights, which are launch arguments, so that layers of
/// equal shape share one kernel. A closed set.
/// </summary>
public abstract record EpilogueOp
{
    private protected EpilogueOp(string token) => Token = token;

    /// <summary>What the step adds to the kernel's name.</summary>
    public string Token { get; }

    /// <summary>True where the step needs the whole row at once.</summary>
    public virtual bool NeedsWholeRow => false;

    /// <summary>y += bias[n].</summary>
    public sealed record Bias() : EpilogueOp("bias");

    /// <summary>y = f(y).</summary>
    public sealed record Activation(ActivationFunction Function) : EpilogueOp(Function switch
    {
        ActivationFunction.Gelu => "gelu",
        ActivationFunction.GeluTanh => "gelutanh",
        ActivationFunction.Relu => "relu",
        ActivationFunction.Tanh => "tanh",
        _ => throw new ArgumentOutOfRangeException(nameof(Function), Function, "The activation must be resolved."),
    });

    /// <summary>y += residual[m, n], FP16.</summary>
    public sealed record Residual() : EpilogueOp("res");

    /// <summary>Layer norm over the row.</summary>
    public sealed record LayerNorm(double Epsilon) : EpilogueOp("ln")
    {
        /// <inheritdoc/>
        public override bool NeedsWholeRow => true;

        /// <summary>The same text in every culture and runtime, because the plan's id in a kernel's comment is made from it.</summary>
        public override string ToString() => $"LayerNorm({Invariant.Text(Epsilon)})";
    }

    /// <summary>Rounds to FP16 and stores; later steps go on with the unrounded value.</summary>
    public sealed record StoreFloat16() : EpilogueOp("f16");

    /// <summary>Stores fp32.</summary>
    public sealed record StoreFloat32() : EpilogueOp("f32");

    /// <summary>Stores the largest |y| of each block's part of a row, for a reader that quantizes the fp32 values itself.</summary>
    public sealed record StoreRangeParts() : EpilogueOp("parts");

    /// <summary>Quantizes and stores codes and row metadata.</summary>
    /// <param name="Format">Code format.</param>
    /// <param name="Container">Bits that a code takes in memory: 4 or 8.</param>
    public sealed record Quantize(ActivationFormat Format, int Container)
        : EpilogueOp($"q{Format}{(Format.Bits == Container ? "" : $"in{Container}")}")
    {
        /// <inheritdoc/>
        public override bool NeedsWholeRow => Format.Range == ActivationRange.PerToken || Format.Symmetry == Symmetry.Asymmetric;
    }
}

/// <summary>The steps of a kernel's epilogue in order.</summary>
/// <param name="Ops">Steps; the last one stores.</param>
public sealed record EpilogueSpec(EquatableArray<EpilogueOp> Ops)
{
    /// <summary>True where some step needs whole rows.</summary>
    public bool NeedsWholeRow => Ops.Any(op => op.NeedsWholeRow);

    /// <summary>Sums over whole rows: those of layer norm, and the code sums of asymmetric formats.</summary>
    internal int RowSums => Ops.Count(op => op is EpilogueOp.LayerNorm or EpilogueOp.Quantize { Format.Symmetry: Symmetry.Asymmetric });

    /// <summary>Ranges of whole rows, which dynamic quantizers take.</summary>
    internal int RowRanges => Ops.Count(op => op is EpilogueOp.Quantize { Format.Range: ActivationRange.PerToken });

    /// <summary>How often blocks that share rows tell one another something about them.</summary>
    internal int Exchanges => RowSums + RowRanges;

    /// <summary>Numbers that they tell at a time about each row.</summary>
    internal int ExchangedWords => Ops.Any(op => op is EpilogueOp.LayerNorm
        or EpilogueOp.Quantize { Format: { Range: ActivationRange.PerToken, Symmetry: Symmetry.Asymmetric } })
        ? 2
        : 1;

    /// <summary>Name fragment, such as <c>bias_gelu_qs4</c>.</summary>
    public string Name => string.Join("_", Ops.Select(op => op.Token));

    /// <summary>True where the epilogue leaves it to a reader to quantize.</summary>
    internal bool StoresRangeParts => Ops.Any(op => op is EpilogueOp.StoreRangeParts);

    /// <summary>The same with fp32 values and the parts of their ranges in the place of codes.</summary>
    public EpilogueSpec WithoutQuantizer() =>
        new(Ops.Where(op => op is not EpilogueOp.Quantize).Append(new EpilogueOp.StoreFloat32()).Append(new EpilogueOp.StoreRangeParts())
            .ToEquatableArray());

    /// <summary>The epilogue of a plan op on an architecture.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="op">The op.</param>
    /// <param name="arch">The architecture.</param>
    /// <param name="packed">Buffers of <see cref="PackedCodes"/>.</param>
    public static EpilogueSpec From(ExecutionPlan plan, PlanOp op, GpuArch arch, IReadOnlyCollection<int> packed) =>
        new(op.Epilogue.Select(step => Lower(plan, step, arch, packed)).ToEquatableArray());

    /// <summary>
    /// Splits in front of the first step that needs whole rows: the first kernel ends in an fp32 store to scratch, the
    /// second one takes it up from there.
    /// </summary>
    public (EpilogueSpec First, EpilogueSpec Second) SplitAtWholeRow()
    {
        int at = 0;
        while (!Ops[at].NeedsWholeRow)
            at++;
        return (new(Ops.Take(at).Append(new EpilogueOp.StoreFloat32()).ToEquatableArray()), new(Ops.Skip(at).ToEquatableArray()));
    }

    private static EpilogueOp Lower(ExecutionPlan plan, EpilogueStep step, GpuArch arch, IReadOnlyCollection<int> packed) => step switch
    {
        BiasStep => new EpilogueOp.Bias(),
        ActivationStep activation => new EpilogueOp.Activation(activation.Function),
        ResidualStep => new EpilogueOp.Residual(),
        LayerNormStep norm => new EpilogueOp.LayerNorm(norm.Epsilon),
        StoreStep store when plan.Buffers[store.Buffer].Element == BufferElement.Float32 => new EpilogueOp.StoreFloat32(),
        StoreStep => new EpilogueOp.StoreFloat16(),
        QuantizeStep quantize when packed.Contains(quantize.Buffer) => new EpilogueOp.Quantize(quantize.Format, quantize.Format.Bits),
        QuantizeStep quantize => new EpilogueOp.Quantize(quantize.Format, CodeContainer.Bits(quantize.Format, arch)),
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "Unknown epilogue step."),
    };
}

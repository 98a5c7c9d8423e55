using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Binding;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Stages;

/// <summary>A bound epilogue step, applied to one fp32 row at a time.</summary>
internal abstract unsafe class RowStep
{
    /// <summary>Applies the step.</summary>
    /// <param name="pass">Buffers of the pass.</param>
    /// <param name="y">[columns] fp32 row.</param>
    /// <param name="row">Row index.</param>
    /// <param name="columns">Columns.</param>
    public abstract void Apply(CpuWorkspace pass, float* y, int row, int columns);

    /// <summary>Binds the steps of an op. A bias belongs to the matrix product and is applied there.</summary>
    /// <exception cref="NotSupportedException">A bias is not the first step of a matrix product.</exception>
    public static RowStep[] Bind(ExecutionPlan plan, PlanOp op, CpuWeights weights)
    {
        PlanWeight? product = op switch
        {
            LinearOp linear => linear.Weight,
            DenseOp dense => dense.Weight,
            _ => null,
        };
        var steps = new List<RowStep>();
        for (int i = 0; i < op.Epilogue.Count; i++)
        {
            EpilogueStep step = op.Epilogue[i];
            if (step is BiasStep bias && i == 0 && bias.Weight == product)
                continue;
            steps.Add(step switch
            {
                ActivationStep activation => new Activation(activation.Function),
                ResidualStep residual => new Residual(residual.Buffer),
                LayerNormStep norm => new LayerNorm(weights, norm),
                StoreStep store => new Store(store.Buffer, plan.Buffers[store.Buffer].Element == BufferElement.Float16),
                QuantizeStep quantize => new Quantize(weights, quantize),
                _ => throw new NotSupportedException($"{op.Name}: the CPU executor cannot run {step} as step {i}."),
            });
        }

        if (product is not null && op.Epilogue.Count > 0 && op.Epilogue[0] is not BiasStep)
            throw new NotSupportedException($"{op.Name}: the CPU executor expects the bias as the first step, found {op.Epilogue[0]}.");
        return [.. steps];
    }

    private sealed class Activation(ActivationFunction function) : RowStep
    {
        public override void Apply(CpuWorkspace pass, float* y, int row, int columns) => Elementwise.Activate(function, y, columns);
    }

    private sealed class Residual(int buffer) : RowStep
    {
        public override void Apply(CpuWorkspace pass, float* y, int row, int columns) =>
            Elementwise.Add(y, pass.Floats(buffer) + (nint)row * columns, columns);
    }

    private sealed class LayerNorm(CpuWeights weights, LayerNormStep step) : RowStep
    {
        private readonly CpuWeights _weights = weights; // keeps gamma and beta alive
        private readonly float* _gamma = weights.Vector(step.Weight, isBias: false);
        private readonly float* _beta = weights.Vector(step.Weight, isBias: true);
        private readonly float _epsilon = (float)step.Epsilon;

        public override void Apply(CpuWorkspace pass, float* y, int row, int columns)
        {
            LayerNormKernel.Row(y, _gamma, _beta, _epsilon, columns);
            GC.KeepAlive(_weights);
        }
    }

    private sealed class Store(int buffer, bool isHalf) : RowStep
    {
        public override void Apply(CpuWorkspace pass, float* y, int row, int columns)
        {
            float* target = pass.Floats(buffer) + (nint)row * columns;
            if (isHalf)
                Elementwise.RoundToHalf(y, target, columns);
            else
                new ReadOnlySpan<float>(y, columns).CopyTo(new Span<float>(target, columns));
        }
    }

    private sealed class Quantize : RowStep
    {
        private readonly int _buffer;
        private readonly RowQuantizer _quantizer;
        private readonly int _groups;
        private readonly int _groupSize;

        public Quantize(CpuWeights weights, QuantizeStep step)
        {
            ActivationFormat format = step.Format;
            bool asymmetric = format.Symmetry == Symmetry.Asymmetric;
            _buffer = step.Buffer;
            if (format.Range == ActivationRange.Static)
            {
                StaticRange range = weights.InputRange(step.Consumer);
                _quantizer = RowQuantizer.Static(format.Bits, asymmetric, range.Scale, range.Minimum);
            }
            else
            {
                _quantizer = RowQuantizer.PerToken(format.Bits, asymmetric);
            }

            var consumer = (IntegerLinearWeights)weights.Linear(step.Consumer);
            _groups = consumer.NeedsCodeSums ? consumer.Matrix.Groups : 0;
            _groupSize = consumer.Matrix.GroupSize;
        }

        public override void Apply(CpuWorkspace pass, float* y, int row, int columns)
        {
            CodeBuffer codes = pass.Codes(_buffer);
            _quantizer.Row(
                y, columns, codes.Codes + (nint)row * codes.Stride, out codes.Scale[row], out codes.Lo[row],
                _groups == 0 ? null : codes.CodeSums + (nint)row * _groups, _groupSize);
        }
    }
}

using System.Numerics.Tensors;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Conformance.Weights;

/// <summary>A checkpoint of random weights for a plan, quantized by rounding to nearest as loading would.</summary>
public static class RandomModelWeights
{
    /// <summary>Makes the weights of a case. Equal cases give equal weights.</summary>
    /// <param name="conformanceCase">Model, scheme and seed.</param>
    /// <param name="plan">The plan of the case's model and scheme.</param>
    public static ModelWeights Create(ConformanceCase conformanceCase, ExecutionPlan plan)
    {
        ArgumentNullException.ThrowIfNull(conformanceCase);
        ArgumentNullException.ThrowIfNull(plan);
        var values = new RandomValues(conformanceCase.Seed, WeightGain.For(conformanceCase));
        InputRanges? ranges = QuantizationScheme.Parts.Any(part => plan.Scheme[part].Activations is { IsQuantized: true, Range: ActivationRange.Static })
            ? InputRanges.Observe(Planner.Plan(plan.Model, QuantizationScheme.Float16), p => Create(p, values, null), conformanceCase.Seed)
            : null;
        return Create(plan, values, ranges);
    }

    private static ModelWeights Create(ExecutionPlan plan, RandomValues values, InputRanges? ranges)
    {
        EncoderModel model = plan.Model;
        var weights = new Dictionary<PlanWeight, LoadedWeight>();
        foreach (PlanOp op in plan.Ops)
        {
            switch (op)
            {
                case EmbeddingOp embedding:
                    Table(WeightRole.WordEmbedding, model.VocabularySize);
                    Table(WeightRole.PositionEmbedding, model.MaxPositions);
                    if (embedding.HasTokenTypes)
                        Table(WeightRole.TokenTypeEmbedding, model.TokenTypes);
                    break;
                case LinearOp linear:
                    weights[linear.Weight] = Linear(linear, values, ranges);
                    break;
                case DenseOp dense:
                    weights[dense.Weight] = Float16(dense.Weight, dense.N, dense.K, values);
                    break;
            }

            foreach (LayerNormStep norm in op.Epilogue.OfType<LayerNormStep>())
                weights[norm.Weight] = new NormWeight(values.Gamma(norm.Weight, model.HiddenSize), values.Bias(norm.Weight, model.HiddenSize));
        }

        return new(plan, weights);

        void Table(WeightRole role, int rows)
        {
            var weight = new PlanWeight(role);
            weights[weight] = new TableWeight(rows, model.HiddenSize, Halves(values.Matrix(weight, rows, model.HiddenSize)));
        }
    }

    private static LoadedWeight Linear(LinearOp op, RandomValues values, InputRanges? ranges)
    {
        if (!op.Precision.Weights.IsQuantized)
            return Float16(op.Weight, op.N, op.K, values);
        ActivationFormat input = op.Precision.Activations;
        CalibratedRange? range = input is { IsQuantized: true, Range: ActivationRange.Static } ? ranges!.RangeOf(op.Weight, input) : null;
        float[] matrix = values.Matrix(op.Weight, op.N, op.K);
        if (op.Precision.Weights.Sparsity == Sparsity.TwoOfFour)
            TwoOfFour.Prune(matrix);
        QuantizedLinear codes = WeightQuantizer.Quantize(matrix, op.N, op.K, op.Precision.Weights);
        return new QuantizedLinearWeight(codes, values.Bias(op.Weight, op.N), range);
    }

    private static Float16LinearWeight Float16(PlanWeight weight, int n, int k, RandomValues values) =>
        new(n, k, Halves(values.Matrix(weight, n, k)), values.Bias(weight, n));

    private static Half[] Halves(float[] values)
    {
        var halves = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, halves);
        return halves;
    }
}

using System.Collections.Frozen;
using System.Text.Json;
using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime.Quantization;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime;

/// <summary>The weights of one plan, as an executor binds them.</summary>
public abstract record LoadedWeight;

/// <summary>An embedding table, FP16 [rows, columns] row-major.</summary>
/// <param name="Rows">Entries.</param>
/// <param name="Columns">H.</param>
/// <param name="Values">The entries.</param>
public sealed record TableWeight(int Rows, int Columns, Half[] Values) : LoadedWeight;

/// <summary>Gamma and beta of a layer norm, fp32 [H] each.</summary>
/// <param name="Gamma">Factor.</param>
/// <param name="Beta">Summand.</param>
public sealed record NormWeight(float[] Gamma, float[] Beta) : LoadedWeight;

/// <summary>A linear layer whose weights are FP16, [rows, columns] row-major with columns = inputs.</summary>
/// <param name="Rows">Output features N.</param>
/// <param name="Columns">Input features K.</param>
/// <param name="Values">The weights.</param>
/// <param name="Bias">fp32 [N].</param>
public sealed record Float16LinearWeight(int Rows, int Columns, Half[] Values, float[] Bias) : LoadedWeight;

/// <summary>A linear layer whose weights are codes.</summary>
/// <param name="Weights">Codes, scales, minima.</param>
/// <param name="Bias">fp32 [N].</param>
/// <param name="Input">The calibrated range of the input where the plan wants a static one, null otherwise.</param>
public sealed record QuantizedLinearWeight(QuantizedLinear Weights, float[] Bias, CalibratedRange? Input) : LoadedWeight;

/// <summary>One scale for a whole activation tensor: value = scale · code + minimum.</summary>
/// <param name="Scale">Step between codes.</param>
/// <param name="Minimum">Value of code 0 where codes are asymmetric; 0 otherwise.</param>
public readonly record struct CalibratedRange(float Scale, float Minimum);

/// <summary>Every weight that a plan names, checked against its shapes. Immutable; several executors may share it.</summary>
public sealed class ModelWeights
{
    private readonly FrozenDictionary<PlanWeight, LoadedWeight> _weights;

    internal ModelWeights(ExecutionPlan plan, IEnumerable<KeyValuePair<PlanWeight, LoadedWeight>> weights)
    {
        Plan = plan;
        _weights = weights.ToFrozenDictionary();
    }

    /// <summary>The plan that they belong to.</summary>
    public ExecutionPlan Plan { get; }

    /// <summary>
    /// Loads every weight of a plan: float tensors as FP16 or quantized by rounding to nearest, packed codes as they are.
    /// </summary>
    /// <param name="plan">Names the weights and their formats.</param>
    /// <param name="checkpoint">Weights in Hugging Face layout; a config.json beside them says whether they are packed.</param>
    /// <exception cref="TensorMismatchException">A tensor is missing, unexpected, of another shape or type, or not finite.</exception>
    /// <exception cref="ModelMismatchException">Packed weights are of another format than the plan's.</exception>
    /// <exception cref="QuantizationConfigException">The <c>quantization_config</c> cannot be run.</exception>
    public static ModelWeights Load(ExecutionPlan plan, Checkpoint checkpoint)
    {
        string path = Path.Combine(checkpoint.Folder, ModelFolder.ConfigName);
        QuantizationConfig? quantization = null;
        if (File.Exists(path))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
                quantization = QuantizationConfigJson.Read(path, document.RootElement);
            }
            catch (JsonException e)
            {
                throw new QuantizationConfigException(path, "config", "JSON", e.Message, e);
            }
        }

        return new ModelWeightsLoader(plan, checkpoint, quantization).Load();
    }

    /// <summary>The weight for a role.</summary>
    /// <typeparam name="T">Its kind.</typeparam>
    /// <exception cref="ArgumentException">The plan has no such weight, or it is of another kind.</exception>
    public T Get<T>(PlanWeight weight)
        where T : LoadedWeight =>
        _weights.TryGetValue(weight, out LoadedWeight? found) && found is T typed
            ? typed
            : throw new ArgumentException($"Expected {weight} as {typeof(T).Name}, found {found?.GetType().Name ?? "nothing"}.", nameof(weight));
}

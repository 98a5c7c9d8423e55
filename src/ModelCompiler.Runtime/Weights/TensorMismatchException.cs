using System.Numerics.Tensors;
namespace ModelCompiler.Runtime.Weights;

/// <summary>How a tensor fails to fit the model that asks for it.</summary>
public enum TensorMismatch
{
    /// <summary>The model needs it, the checkpoint lacks it.</summary>
    Missing,

    /// <summary>The checkpoint has it, the model has no use for it.</summary>
    Extra,

    /// <summary>Its shape is not the model's.</summary>
    Shape,

    /// <summary>Its element type cannot be used there.</summary>
    ElementType,

    /// <summary>It holds a value that makes no sense there: NaN, infinity, a scale that is not positive.</summary>
    Value,
}

/// <summary>A tensor of a well-formed checkpoint does not fit the model.</summary>
public sealed class TensorMismatchException : ModelCompilerException
{
    /// <summary>Creates the exception; the message is made of its parts.</summary>
    public TensorMismatchException(
        TensorMismatch mismatch, string source, string tensorName, string expected, string found)
        : base($"{source}: tensor '{tensorName}': expected {expected}, found {found}.")
    {
        Mismatch = mismatch;
        CheckpointPath = source;
        TensorName = tensorName;
        Expected = expected;
        Found = found;
    }

    /// <summary>What is wrong.</summary>
    public TensorMismatch Mismatch { get; }

    /// <summary>The checkpoint's file or folder.</summary>
    public string CheckpointPath { get; }

    /// <summary>The tensor.</summary>
    public string TensorName { get; }

    /// <summary>What the model wants.</summary>
    public string Expected { get; }

    /// <summary>What the checkpoint has.</summary>
    public string Found { get; }

    internal static void ThrowIfNotFinite(string source, string tensorName, ReadOnlySpan<float> values)
    {
        // The largest magnitude is NaN where any value is.
        if (values.IsEmpty || float.IsFinite(TensorPrimitives.MaxMagnitude(values)))
            return;
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new TensorMismatchException(
                    TensorMismatch.Value, source, tensorName, "finite values", $"{Text(values[i])} at element {i}");
        }
    }

    internal static void ThrowIfNotPositive(string source, string tensorName, ReadOnlySpan<float> scales)
    {
        for (int i = 0; i < scales.Length; i++)
        {
            if (!(float.IsFinite(scales[i]) && scales[i] > 0))
                throw new TensorMismatchException(
                    TensorMismatch.Value,
                    source,
                    tensorName,
                    "finite scales above zero",
                    $"{Text(scales[i])} at element {i}");
        }
    }

    private static string Text(float value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

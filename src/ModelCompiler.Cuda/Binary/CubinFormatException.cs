namespace ModelCompiler.Cuda.Binary;

/// <summary>Bytes that should be a cubin are not one, or are damaged.</summary>
/// <param name="message">What was expected where, and what is there.</param>
public sealed class CubinFormatException(string message) : FormatException(message);

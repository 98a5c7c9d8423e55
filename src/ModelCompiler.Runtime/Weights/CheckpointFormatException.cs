namespace ModelCompiler.Runtime.Weights;

/// <summary>A file of a model folder does not follow its format.</summary>
public abstract class CheckpointFormatException : ModelCompilerException
{
    private protected CheckpointFormatException(
        string path, string what, string expected, string found, Exception? innerException)
        : base($"{path}: {what}: expected {expected}, found {found}.", innerException)
    {
        Path = path;
        What = what;
        Expected = expected;
        Found = found;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The part of the file that is wrong.</summary>
    public string What { get; }

    /// <summary>What the format wants there.</summary>
    public string Expected { get; }

    /// <summary>What is there.</summary>
    public string Found { get; }
}

/// <summary>A safetensors file, or the index of a sharded one, does not follow the format.</summary>
public sealed class SafetensorsFormatException : CheckpointFormatException
{
    /// <summary>Creates the exception; the message is made of its parts.</summary>
    public SafetensorsFormatException(
        string path, string what, string expected, string found, Exception? innerException = null)
        : base(path, what, expected, found, innerException)
    {
    }
}

/// <summary>The <c>quantization_config</c> of a <c>config.json</c> says something that cannot be run or read.</summary>
public sealed class QuantizationConfigException : CheckpointFormatException
{
    /// <summary>Creates the exception; the message is made of its parts.</summary>
    public QuantizationConfigException(
        string path, string what, string expected, string found, Exception? innerException = null)
        : base(path, what, expected, found, innerException)
    {
    }
}

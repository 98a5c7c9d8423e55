namespace ModelCompiler.Runtime.Cpu;

/// <summary>A batch that the model cannot take. Thrown before any work; the executor stays usable.</summary>
public sealed class EncoderInputException : ArgumentException
{
    /// <summary>Creates the exception; the message is made of its parts.</summary>
    public EncoderInputException(string argument, string where, string expected, string found)
        : base($"{where}: expected {expected}, found {found}.", argument)
    {
        Where = where;
        Expected = expected;
        Found = found;
    }

    /// <summary>The place in the batch, such as <c>ids[17]</c>.</summary>
    public string Where { get; }

    /// <summary>What the model takes there.</summary>
    public string Expected { get; }

    /// <summary>What is there.</summary>
    public string Found { get; }
}

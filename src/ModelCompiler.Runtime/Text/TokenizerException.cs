namespace ModelCompiler.Runtime.Text;

/// <summary>A model folder's tokenizer is missing, is broken, or is of a kind that this library does not run.</summary>
public sealed class TokenizerException : ModelCompilerException
{
    /// <summary>Creates the exception; the message is made of its parts.</summary>
    public TokenizerException(
        string path, string what, string expected, string found, Exception? innerException = null)
        : base($"{path}: {what}: expected {expected}, found {found}.", innerException)
    {
        Path = path;
        What = what;
        Expected = expected;
        Found = found;
    }

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>The part that is wrong.</summary>
    public string What { get; }

    /// <summary>What this library can use there.</summary>
    public string Expected { get; }

    /// <summary>What is there.</summary>
    public string Found { get; }
}

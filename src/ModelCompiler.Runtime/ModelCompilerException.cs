namespace ModelCompiler.Runtime;

/// <summary>Base of every error that this library reports about models, weights, text and batches.</summary>
public class ModelCompilerException : Exception
{
    /// <summary>An error with a message for the user.</summary>
    public ModelCompilerException(string message)
        : base(message)
    {
    }

    /// <summary>An error with its cause.</summary>
    public ModelCompilerException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

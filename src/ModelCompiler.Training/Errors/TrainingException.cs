using ModelCompiler.Runtime;

namespace ModelCompiler.Training;

/// <summary>Training cannot go on; the message says what, where, what was expected and what was found.</summary>
public class TrainingException : ModelCompilerException
{
    /// <summary>An error with a message for the user.</summary>
    public TrainingException(string message)
        : base(message)
    {
    }

    /// <summary>An error with its cause.</summary>
    public TrainingException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

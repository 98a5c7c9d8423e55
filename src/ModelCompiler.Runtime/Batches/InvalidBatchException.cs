namespace ModelCompiler.Runtime;

/// <summary>An argument of a forward pass is out of range. Thrown before any work; the session or executor answers the next call as before.</summary>
public class InvalidBatchException : ModelCompilerException
{
    /// <summary>Names the place, what was expected and what was found.</summary>
    /// <param name="where">Argument and index, such as <c>tokenIds[17]</c>.</param>
    /// <param name="expected">The rule.</param>
    /// <param name="found">The value.</param>
    public InvalidBatchException(string where, string expected, string found)
        : base($"{where}: expected {expected}, found {found}.") =>
        (Where, Expected, Found) = (where, expected, found);

    /// <summary>Argument and index.</summary>
    public string Where { get; }

    /// <summary>The rule.</summary>
    public string Expected { get; }

    /// <summary>The value.</summary>
    public string Found { get; }
}

/// <summary>A batch holds more tokens than the largest bucket of the class.</summary>
public sealed class BatchTooLargeException : InvalidBatchException
{
    /// <summary>Names both token counts.</summary>
    public BatchTooLargeException(int tokens, int largestBucket)
        : base("tokenIds", $"at most {largestBucket} tokens, the largest bucket of the class", $"{tokens}") =>
        (Tokens, LargestBucket) = (tokens, largestBucket);

    /// <summary>Tokens of the batch.</summary>
    public int Tokens { get; }

    /// <summary>Tokens of the largest bucket.</summary>
    public int LargestBucket { get; }
}

namespace ModelCompiler.Training.Data;

/// <summary>A data file lacks a column, or a line of it holds something else than a labelled text.</summary>
/// <param name="path">The file.</param>
/// <param name="line">Line from 1; 0 for the whole file.</param>
/// <param name="expected">What should be there.</param>
/// <param name="found">What is there.</param>
public sealed class DataException(string path, long line, string expected, string found)
    : TrainingException($"{path}{(line > 0 ? $", line {line}" : "")}: expected {expected}, found {found}.")
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>Line from 1; 0 for the whole file.</summary>
    public long Line { get; } = line;
}

using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Evaluation;

/// <summary>A data set file does not hold labelled texts.</summary>
public sealed class DataSetException : ModelCompilerException
{
    /// <summary>Names the place, what was expected and what was found.</summary>
    /// <param name="path">File.</param>
    /// <param name="line">Line from 1; 0 for the whole file.</param>
    /// <param name="expected">What should be there.</param>
    /// <param name="found">What is there.</param>
    public DataSetException(string path, int line, string expected, string found)
        : base($"{path}{(line > 0 ? $":{line}" : "")}: expected {expected}, found {found}.") =>
        (Path, Line) = (path, line);

    /// <summary>File.</summary>
    public string Path { get; }

    /// <summary>Line from 1; 0 for the whole file.</summary>
    public int Line { get; }
}

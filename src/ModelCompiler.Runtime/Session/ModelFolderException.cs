namespace ModelCompiler.Runtime;

/// <summary>A model folder lacks a file, or its configuration cannot be read.</summary>
public sealed class ModelFolderException : ModelCompilerException
{
    /// <summary>Names the path, what was expected and what was found.</summary>
    public ModelFolderException(string path, string expected, string found, Exception? innerException = null)
        : base($"{path}: expected {expected}, found {found.TrimEnd('.')}.", innerException) =>
        (Path, Expected, Found) = (path, expected, found);

    /// <summary>File or folder.</summary>
    public string Path { get; }

    /// <summary>What should be there.</summary>
    public string Expected { get; }

    /// <summary>What is there.</summary>
    public string Found { get; }
}

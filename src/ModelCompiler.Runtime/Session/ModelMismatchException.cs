namespace ModelCompiler.Runtime;

/// <summary>A model folder disagrees with the class that loads it, or a class with the library that runs it.</summary>
public sealed class ModelMismatchException : ModelCompilerException
{
    /// <summary>Names the field and both values.</summary>
    /// <param name="source">Where the found value stands: a file, or the class.</param>
    /// <param name="field">Field of the configuration, or part of the scheme.</param>
    /// <param name="expected">Value of the class.</param>
    /// <param name="found">Value of the folder.</param>
    public ModelMismatchException(string source, string field, string expected, string found)
        : base($"{source}: {field}: expected {expected}, found {found}.") =>
        (Field, Expected, Found) = (field, expected, found);

    /// <summary>Field of the configuration, or part of the scheme.</summary>
    public string Field { get; }

    /// <summary>Value of the class.</summary>
    public string Expected { get; }

    /// <summary>Value of the folder.</summary>
    public string Found { get; }
}

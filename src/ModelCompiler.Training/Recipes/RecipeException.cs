namespace ModelCompiler.Training.Recipes;

/// <summary>A recipe is not well-formed, lacks a field, or a field has a value that it must not have.</summary>
public sealed class RecipeException : TrainingException
{
    /// <summary>Names the place, what was expected and what was found.</summary>
    /// <param name="path">The recipe file, or the option that set the field.</param>
    /// <param name="line">Line from 1; 0 where the value comes from no file.</param>
    /// <param name="field">Dotted path of the field; empty for the whole file.</param>
    /// <param name="expected">What should be there.</param>
    /// <param name="found">What is there.</param>
    public RecipeException(string path, long line, string field, string expected, string found)
        : base($"{path}{(line > 0 ? $", line {line}" : "")}{(field.Length > 0 ? $", {field}" : "")}: expected {expected}, found {found}.") =>
        (Path, Line, Field, Expected, Found) = (path, line, field, expected, found);

    /// <summary>The recipe file, or the option that set the field.</summary>
    public string Path { get; }

    /// <summary>Line from 1; 0 where the value comes from no file.</summary>
    public long Line { get; }

    /// <summary>Dotted path of the field.</summary>
    public string Field { get; }

    /// <summary>What should be there.</summary>
    public string Expected { get; }

    /// <summary>What is there.</summary>
    public string Found { get; }
}

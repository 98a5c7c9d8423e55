using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ModelCompiler.Core.Work;

namespace ModelCompiler.Tool.Benchmarking;

/// <summary>Batches on the command line, such as <c>32x128</c>.</summary>
internal static class ShapeOption
{
    /// <summary>An option that takes several.</summary>
    public static Option<string[]> Create(string name, string description, params string[] defaults)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => defaults,
        };
        option.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens)
            {
                if (!TryParse(token.Value, out _))
                    result.AddError($"{name}: expected SEQUENCESxTOKENS such as 32x128, found '{token.Value}'.");
            }
        });
        return option;
    }

    /// <summary>What was given.</summary>
    public static BatchShape[] Read(ParseResult parsed, Option<string[]> option) =>
        [.. parsed.GetRequiredValue(option).Select(text => TryParse(text, out BatchShape shape) ? shape : default)];

    /// <summary>Reads <c>32x128</c>.</summary>
    public static bool TryParse(string text, out BatchShape shape)
    {
        shape = default;
        string[] sides = text.Split('x');
        if (sides.Length != 2
            || !int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int sequences) || sequences < 1
            || !int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length < 1)
            return false;
        shape = new(sequences, length);
        return true;
    }
}

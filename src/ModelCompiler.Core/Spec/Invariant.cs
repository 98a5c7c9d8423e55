using System.Globalization;

namespace ModelCompiler.Core.Spec;

/// <summary>Text of values that is the same in every culture and on every runtime.</summary>
public static class Invariant
{
    /// <summary>Shortest text that reads back as the same value; <c>null</c> for null.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        double number => Text(number),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>
    /// Round-trip text of a double. Tries the 15 digits first, as the desktop framework's "R" does, so that compilers
    /// on both runtimes write the same text.
    /// </summary>
    public static string Text(double value)
    {
        foreach (string format in s_formats)
        {
            string text = value.ToString(format, CultureInfo.InvariantCulture);
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double back) && back.Equals(value))
                return text;
        }

        return value.ToString("G17", CultureInfo.InvariantCulture);
    }

    private static readonly string[] s_formats = ["G15", "G16", "G17"];
}

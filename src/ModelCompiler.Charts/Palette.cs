namespace ModelCompiler.Charts;

/// <summary>Colours that stay apart on white, also in print.</summary>
public static class Palette
{
    /// <summary>Colours of series, in the order in which they are given out.</summary>
    public static IReadOnlyList<string> Series { get; } =
        ["#0b6e99", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#475569", "#a16207", "#0e7490"];

    /// <summary>Text and lines to compare with.</summary>
    public const string Ink = "#111827";

    /// <summary>Grid.</summary>
    public const string Grid = "#e5e7eb";

    /// <summary>Axes.</summary>
    public const string Axis = "#6b7280";
}

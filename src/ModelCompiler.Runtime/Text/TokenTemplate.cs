using System.Collections.Immutable;

namespace ModelCompiler.Runtime.Text;

/// <summary>What a place of a <see cref="TokenTemplate"/> holds.</summary>
internal enum TemplateSlot
{
    /// <summary>Special tokens.</summary>
    Special,

    /// <summary>The first text.</summary>
    First,

    /// <summary>The second text.</summary>
    Second,
}

/// <summary>One place of a template.</summary>
/// <param name="Slot">What goes there.</param>
/// <param name="TokenType">The token type of everything in it.</param>
/// <param name="SpecialIds">The ids of a special slot.</param>
internal readonly record struct TemplatePiece(TemplateSlot Slot, int TokenType, ImmutableArray<int> SpecialIds)
{
    public static TemplatePiece Special(int tokenType, params ImmutableArray<int> ids) =>
        new(TemplateSlot.Special, tokenType, ids);

    public static TemplatePiece Text(TemplateSlot slot, int tokenType) => new(slot, tokenType, []);
}

/// <summary>How special tokens surround one text or two.</summary>
internal sealed record TokenTemplate(ImmutableArray<TemplatePiece> Pieces)
{
    /// <summary>Special tokens that the template adds.</summary>
    public int SpecialCount { get; } = Pieces.Sum(piece => piece.SpecialIds.Length);

    public static TokenTemplate BareSingle { get; } = new([TemplatePiece.Text(TemplateSlot.First, 0)]);

    public static TokenTemplate BarePair { get; } =
        new([TemplatePiece.Text(TemplateSlot.First, 0), TemplatePiece.Text(TemplateSlot.Second, 1)]);

    public static TokenTemplate BertSingle(int cls, int sep) =>
        new([TemplatePiece.Special(0, cls), TemplatePiece.Text(TemplateSlot.First, 0), TemplatePiece.Special(0, sep)]);

    public static TokenTemplate BertPair(int cls, int sep) =>
        new([
            .. BertSingle(cls, sep).Pieces,
            TemplatePiece.Text(TemplateSlot.Second, 1),
            TemplatePiece.Special(1, sep),
        ]);
}

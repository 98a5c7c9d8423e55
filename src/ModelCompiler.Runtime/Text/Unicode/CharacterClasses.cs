using System.Globalization;
using System.Text;

namespace ModelCompiler.Runtime.Text.Unicode;

/// <summary>The character classes of BERT's tokenization.</summary>
internal static class CharacterClasses
{
    public const char Replacement = '\uFFFD';

    /// <summary>ECMAScript's <c>\s</c>, which the reference uses: Unicode's spaces, U+FEFF, and not U+0085.</summary>
    public static bool IsSpace(char c) =>
        c <= ' '
            ? c is ' ' or (>= '\t' and <= '\r')
            : c >= '\u00A0'
                && (c is '\u00A0' or '\u1680' or (>= '\u2000' and <= '\u200A') or '\u2028' or '\u2029' or '\u202F'
                    or '\u205F' or '\u3000' or '\uFEFF');

    /// <summary>Punctuation: Unicode's P categories and all of ASCII that is neither letter, digit, space nor control.</summary>
    public static bool IsPunctuation(int codePoint)
    {
        if (codePoint < 0x80)
            return codePoint is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~');
        return CharUnicodeInfo.GetUnicodeCategory(codePoint) is
            UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation
            or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;
    }

    /// <summary>What cleaning removes: U+0000, U+FFFD, and categories Cc, Cf, Co and Cs but for tab, line feed and carriage return.</summary>
    public static bool IsRemovedByCleaning(int codePoint)
    {
        if (codePoint is '\t' or '\n' or '\r')
            return false;
        return codePoint == Replacement || CharUnicodeInfo.GetUnicodeCategory(codePoint) is
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;
    }

    /// <summary>
    /// The CJK ideographs that get spaces around them. Those outside the basic plane do not, because the reference
    /// tests UTF-16 units.
    /// </summary>
    public static bool IsIdeograph(char c) =>
        c is (>= '\u4E00' and <= '\u9FFF') or (>= '\u3400' and <= '\u4DBF') or (>= '\uF900' and <= '\uFAFF');

    public static bool IsNonspacingMark(int codePoint) =>
        codePoint >= 0x300 && CharUnicodeInfo.GetUnicodeCategory(codePoint) == UnicodeCategory.NonSpacingMark;

    /// <summary>Characters of words, for added tokens that must stand alone: letters, marks, digits, connectors, joiners.</summary>
    public static bool IsWordCharacter(Rune rune) =>
        rune.Value is 0x200C or 0x200D
        || Rune.GetUnicodeCategory(rune) is
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;

    /// <summary>Reads one code point; a surrogate without its partner reads as U+FFFD.</summary>
    /// <returns>UTF-16 units consumed: 1 or 2.</returns>
    public static int Read(ReadOnlySpan<char> text, int index, out int codePoint)
    {
        char c = text[index];
        if (!char.IsSurrogate(c))
        {
            codePoint = c;
            return 1;
        }

        if (char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            codePoint = char.ConvertToUtf32(c, text[index + 1]);
            return 2;
        }

        codePoint = Replacement;
        return 1;
    }

    /// <summary>Reads the code point that ends before <paramref name="index"/>.</summary>
    /// <returns>UTF-16 units consumed: 1 or 2.</returns>
    public static int ReadBackward(ReadOnlySpan<char> text, int index, out int codePoint)
    {
        char c = text[index - 1];
        if (char.IsLowSurrogate(c) && index >= 2 && char.IsHighSurrogate(text[index - 2]))
        {
            codePoint = char.ConvertToUtf32(text[index - 2], c);
            return 2;
        }

        codePoint = char.IsSurrogate(c) ? Replacement : c;
        return 1;
    }

    public static ReadOnlySpan<char> TrimStart(ReadOnlySpan<char> text)
    {
        int start = 0;
        while (start < text.Length && IsSpace(text[start]))
            start++;
        return text[start..];
    }

    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
            end--;
        return text[..end];
    }
}

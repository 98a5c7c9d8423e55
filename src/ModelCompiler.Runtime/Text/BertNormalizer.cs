using System.Text;
using ModelCompiler.Runtime.Text.Unicode;

namespace ModelCompiler.Runtime.Text;

/// <summary>
/// BERT's normalization, step for step as the reference does it: clean, put spaces around ideographs, lowercase,
/// decompose canonically and drop nonspacing marks.
/// </summary>
/// <param name="CleanText">Remove control and format characters, turn every space into U+0020.</param>
/// <param name="HandleChineseChars">Make each CJK ideograph a word.</param>
/// <param name="StripAccents">Null means: if lowercasing.</param>
/// <param name="Lowercase">Full Unicode lowercasing, with U+0130 to two characters and the final sigma.</param>
internal sealed record BertNormalizer(bool CleanText, bool HandleChineseChars, bool? StripAccents, bool Lowercase)
{
    private const char CapitalIWithDot = '\u0130';
    private const char CombiningDot = '\u0307';
    private const char CapitalSigma = '\u03A3';
    private const char Sigma = '\u03C3';
    private const char FinalSigma = '\u03C2';

    /// <summary>What a tokenizer without a normalizer does.</summary>
    public static BertNormalizer None { get; } = new(false, false, false, false);

    private bool Strips => StripAccents ?? Lowercase;

    /// <summary>Normalizes a text.</summary>
    /// <param name="text">UTF-16; surrogates without partner count as U+FFFD.</param>
    /// <param name="first">Memory for the first step.</param>
    /// <param name="second">Memory for the second step.</param>
    /// <returns>The normalized text, in one of the two buffers.</returns>
    public ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text, CharBuffer first, CharBuffer second)
    {
        first.Clear();
        bool ascii = CleanInto(text, first);
        Span<char> cleaned = first.Span;
        if (!Lowercase && !Strips)
            return cleaned;
        if (ascii)
        {
            if (Lowercase)
                Ascii.ToLowerInPlace(cleaned, out _);
            return cleaned; // no ASCII character decomposes or is a mark
        }

        second.Clear();
        FoldInto(cleaned, second);
        return second.Span;
    }

    /// <summary>Normalizes a text into a string of its own.</summary>
    public string Normalize(string text) => Normalize(text, new CharBuffer(), new CharBuffer()).ToString();

    // Returns whether the result is all ASCII.
    private bool CleanInto(ReadOnlySpan<char> text, CharBuffer cleaned)
    {
        int union = 0;
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (c is >= ' ' and < '\x7F')
            {
                cleaned.Append(c);
                i++;
                continue;
            }

            i += CharacterClasses.Read(text, i, out int codePoint);
            if (CleanText)
            {
                if (CharacterClasses.IsRemovedByCleaning(codePoint))
                    continue;
                if (codePoint < 0x10000 && CharacterClasses.IsSpace((char)codePoint))
                    codePoint = ' ';
            }

            union |= codePoint;
            if (HandleChineseChars && codePoint < 0x10000 && CharacterClasses.IsIdeograph((char)codePoint))
            {
                cleaned.Append(' ');
                cleaned.Append((char)codePoint);
                cleaned.Append(' ');
            }
            else
            {
                cleaned.AppendCodePoint(codePoint);
            }
        }

        return union < 0x80;
    }

    private void FoldInto(ReadOnlySpan<char> text, CharBuffer folded)
    {
        // Marks that stay, in a run that canonical ordering may permute. Marks that are dropped need no place in it:
        // ordering is stable, so it orders the others alike with and without them.
        var pending = default(PendingMarks);
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (c < 0x80)
            {
                pending.FlushInto(folded);
                folded.Append(Lowercase ? char.ToLowerInvariant(c) : c);
                i++;
                continue;
            }

            int at = i;
            i += CharacterClasses.Read(text, i, out int codePoint);
            if (!Lowercase)
            {
                Decompose(codePoint, folded, ref pending);
            }
            else if (codePoint == CapitalIWithDot)
            {
                Decompose('i', folded, ref pending);
                Decompose(CombiningDot, folded, ref pending);
            }
            else
            {
                int lower = codePoint == CapitalSigma
                    ? IsFinal(text, at) ? FinalSigma : Sigma
                    : Rune.ToLowerInvariant(new Rune(codePoint)).Value;
                Decompose(lower, folded, ref pending);
            }
        }

        pending.FlushInto(folded);
    }

    private void Decompose(int codePoint, CharBuffer folded, ref PendingMarks pending)
    {
        if (!Strips)
        {
            folded.AppendCodePoint(codePoint);
            return;
        }

        Span<int> parts = stackalloc int[UnicodeTables.MaxDecomposition];
        int count = UnicodeTables.Decompose(codePoint, parts);
        foreach (int part in parts[..count])
        {
            int combiningClass = part < 0x300 ? 0 : UnicodeTables.CombiningClass(part);
            if (combiningClass == 0)
                pending.FlushInto(folded);
            if (CharacterClasses.IsNonspacingMark(part))
                continue;
            if (combiningClass == 0)
                folded.AppendCodePoint(part);
            else
                pending.Add(part, combiningClass);
        }
    }

    // Unicode Standard, table 3-17, Final_Sigma: a cased letter before, none after, case-ignorables in between. What
    // is cased and case-ignorable at once counts as case-ignorable, as in ICU.
    private static bool IsFinal(ReadOnlySpan<char> text, int at)
    {
        bool casedBefore = false;
        for (int i = at; i > 0;)
        {
            i -= CharacterClasses.ReadBackward(text, i, out int codePoint);
            if (UnicodeTables.IsCaseIgnorable(codePoint))
                continue;
            casedBefore = UnicodeTables.IsCased(codePoint);
            break;
        }

        if (!casedBefore)
            return false;
        for (int i = at + 1; i < text.Length;)
        {
            i += CharacterClasses.Read(text, i, out int codePoint);
            if (!UnicodeTables.IsCaseIgnorable(codePoint))
                return !UnicodeTables.IsCased(codePoint);
        }

        return true;
    }

    private struct PendingMarks
    {
        private List<(int CodePoint, int Class)>? _marks;

        public void Add(int codePoint, int combiningClass)
        {
            _marks ??= [];
            int place = _marks.Count;
            while (place > 0 && _marks[place - 1].Class > combiningClass)
                place--;
            _marks.Insert(place, (codePoint, combiningClass));
        }

        public readonly void FlushInto(CharBuffer buffer)
        {
            if (_marks is not { Count: > 0 })
                return;
            foreach (var (codePoint, _) in _marks)
                buffer.AppendCodePoint(codePoint);
            _marks.Clear();
        }
    }
}

using System.Globalization;

namespace ModelCompiler.Runtime.Text.Unicode;

/// <summary>
/// Unicode properties that .NET lacks or gives only where globalization is not invariant, from the embedded
/// <c>unicode-tables.txt</c>. Sources: Unicode Standard chapter 3, D68 (canonical decomposition), D108 (canonical
/// ordering), D135 and D136 (cased, case-ignorable), and section 3.12 (Hangul).
/// </summary>
internal static class UnicodeTables
{
    private const int HangulBase = 0xAC00;
    private const int HangulCount = 11172;
    private const int LeadingBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailingBase = 0x11A7;
    private const int VowelCount = 21;
    private const int TrailingCount = 28;

    /// <summary>The longest full canonical decomposition, in code points.</summary>
    public const int MaxDecomposition = 4;

    private static readonly Dictionary<string, string[]> Sections = ReadSections();

    private static readonly Dictionary<int, int[]> Decompositions = Sections["decompositions"]
        .Select(entry => entry.Split('='))
        .ToDictionary(entry => Hex(entry[0]), entry => entry[1].Split('+').Select(Hex).ToArray());

    // A page is 256 code points; most pages decompose nothing.
    private static readonly bool[] DecomposingPages = PagesOf(Decompositions.Keys);

    private static readonly CodePointRanges Classes = CodePointRanges.Parse(Sections["classes"]);
    private static readonly CodePointRanges Cased = CodePointRanges.Parse(Sections["cased"]);
    private static readonly CodePointRanges CaseIgnorable = CodePointRanges.Parse(Sections["case-ignorable"]);

    /// <summary>The canonical combining class, 0 for what starts a new sequence. Precomposed code points are not looked up.</summary>
    public static int CombiningClass(int codePoint) => Classes.ValueAt(codePoint);

    public static bool IsCased(int codePoint) => Cased.ValueAt(codePoint) != 0;

    public static bool IsCaseIgnorable(int codePoint) => CaseIgnorable.ValueAt(codePoint) != 0;

    /// <summary>Writes the full canonical decomposition of one code point, not yet in canonical order.</summary>
    /// <param name="codePoint">The code point.</param>
    /// <param name="destination">At least <see cref="MaxDecomposition"/> long.</param>
    /// <returns>Code points written; 1 for those that stay as they are.</returns>
    public static int Decompose(int codePoint, Span<int> destination)
    {
        if ((uint)(codePoint - HangulBase) < HangulCount)
            return DecomposeHangul(codePoint - HangulBase, destination);
        if (DecomposingPages[codePoint >> 8] && Decompositions.TryGetValue(codePoint, out int[]? parts))
        {
            parts.CopyTo(destination);
            return parts.Length;
        }

        destination[0] = codePoint;
        return 1;
    }

    private static int DecomposeHangul(int syllable, Span<int> destination)
    {
        destination[0] = LeadingBase + (syllable / (VowelCount * TrailingCount));
        destination[1] = VowelBase + (syllable / TrailingCount % VowelCount);
        int trailing = syllable % TrailingCount;
        if (trailing == 0)
            return 2;
        destination[2] = TrailingBase + trailing;
        return 3;
    }

    private static bool[] PagesOf(IEnumerable<int> codePoints)
    {
        var pages = new bool[0x110000 >> 8];
        foreach (int codePoint in codePoints)
            pages[codePoint >> 8] = true;
        return pages;
    }

    private static Dictionary<string, string[]> ReadSections()
    {
        using Stream stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream("unicode-tables.txt")!;
        using var reader = new StreamReader(stream);
        var sections = new Dictionary<string, string[]>();
        foreach (string section in reader.ReadToEnd().Split('[').Skip(1))
        {
            int end = section.IndexOf(']');
            char[]? whitespace = null;
            sections.Add(section[..end], section[(end + 1)..].Split(whitespace, StringSplitOptions.RemoveEmptyEntries));
        }

        return sections;
    }

    internal static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}

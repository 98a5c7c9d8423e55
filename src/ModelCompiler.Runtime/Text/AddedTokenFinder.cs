using System.Buffers;
using System.Text;
using ModelCompiler.Runtime.Text.Unicode;

namespace ModelCompiler.Runtime.Text;

/// <summary>Finds added tokens in a text: the leftmost, and the longest of those that start there.</summary>
internal sealed class AddedTokenFinder
{
    private readonly (string Pattern, AddedToken Token)[] _tokens; // longest first
    private readonly SearchValues<char> _firstUnits;

    /// <param name="tokens">The text to look for and the token that it is; empty texts are left out.</param>
    public AddedTokenFinder(IEnumerable<(string Pattern, AddedToken Token)> tokens)
    {
        _tokens = [.. tokens.Where(entry => entry.Pattern.Length > 0).OrderByDescending(entry => entry.Pattern.Length)];
        _firstUnits = SearchValues.Create([.. _tokens.Select(entry => entry.Pattern[0]).Distinct()]);
    }

    public bool IsEmpty => _tokens.Length == 0;

    /// <summary>Finds the next token.</summary>
    /// <param name="text">The text.</param>
    /// <param name="from">Where to start; characters before it still count as neighbours.</param>
    /// <param name="start">Where the token starts.</param>
    /// <param name="length">Its length in UTF-16 units.</param>
    /// <returns>The token, or null if there is none.</returns>
    public AddedToken? Find(ReadOnlySpan<char> text, int from, out int start, out int length)
    {
        start = from;
        length = 0;
        while (true)
        {
            int skip = text[start..].IndexOfAny(_firstUnits);
            if (skip < 0)
                return null;
            start += skip;
            AddedToken? token = LongestAt(text[start..], out length);
            if (token is null)
                start++;
            else if (token.SingleWord && !StandsAlone(text, start, length))
                start += length;
            else
                return token;
        }
    }

    private AddedToken? LongestAt(ReadOnlySpan<char> text, out int length)
    {
        foreach (var (pattern, token) in _tokens)
        {
            if (text.StartsWith(pattern, StringComparison.Ordinal))
            {
                length = pattern.Length;
                return token;
            }
        }

        length = 0;
        return null;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int length)
    {
        if (start > 0)
        {
            CharacterClasses.ReadBackward(text, start, out int before);
            if (CharacterClasses.IsWordCharacter(new Rune(before)))
                return false;
        }

        if (start + length < text.Length)
        {
            CharacterClasses.Read(text, start + length, out int after);
            if (CharacterClasses.IsWordCharacter(new Rune(after)))
                return false;
        }

        return true;
    }
}

using ModelCompiler.Runtime.Text.Unicode;

namespace ModelCompiler.Runtime.Text;

/// <summary>BERT's words in a normalized text: split at spaces, each punctuation character a word of its own.</summary>
internal ref struct BertWords(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _next;

    /// <summary>The current word; never empty.</summary>
    public ReadOnlySpan<char> Current { get; private set; }

    public bool MoveNext()
    {
        while (_next < _text.Length && CharacterClasses.IsSpace(_text[_next]))
            _next++;
        int start = _next;
        while (_next < _text.Length)
        {
            char c = _text[_next];
            if (char.IsAsciiLetterOrDigit(c))
            {
                _next++;
                continue;
            }

            if (CharacterClasses.IsSpace(c))
                break;
            int units = CharacterClasses.Read(_text, _next, out int codePoint);
            if (CharacterClasses.IsPunctuation(codePoint))
            {
                if (_next == start)
                    _next += units;
                break;
            }

            _next += units;
        }

        Current = _text[start.._next];
        return _next > start;
    }
}

using System.Runtime.CompilerServices;

namespace ModelCompiler.Runtime.Text;

/// <summary>A growing run of UTF-16 that keeps its memory between texts.</summary>
internal sealed class CharBuffer
{
    private char[] _chars = new char[512];
    private int _length;

    public Span<char> Span => _chars.AsSpan(0, _length);

    public void Clear() => _length = 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(char c)
    {
        if (_length == _chars.Length)
            Array.Resize(ref _chars, _length * 2);
        _chars[_length++] = c;
    }

    public void AppendCodePoint(int codePoint)
    {
        if (codePoint < 0x10000)
        {
            Append((char)codePoint);
            return;
        }

        Append((char)(0xD800 + ((codePoint - 0x10000) >> 10)));
        Append((char)(0xDC00 + ((codePoint - 0x10000) & 0x3FF)));
    }
}

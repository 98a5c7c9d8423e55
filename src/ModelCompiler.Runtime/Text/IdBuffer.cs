using System.Runtime.CompilerServices;

namespace ModelCompiler.Runtime.Text;

/// <summary>A growing list of token ids that keeps its memory between texts and can be cut back.</summary>
internal sealed class IdBuffer
{
    private int[] _ids = new int[128];

    public int Count { get; private set; }

    public ReadOnlySpan<int> Span => _ids.AsSpan(0, Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int id)
    {
        if (Count == _ids.Length)
            Array.Resize(ref _ids, Count * 2);
        _ids[Count++] = id;
    }

    /// <summary>Drops all ids from <paramref name="count"/> on.</summary>
    public void CutTo(int count) => Count = Math.Min(Count, count);
}

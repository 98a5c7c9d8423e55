using System.Runtime.InteropServices;

namespace ModelCompiler.Runtime;

/// <summary>Tokenized texts laid end to end: what one forward pass takes.</summary>
internal sealed class PackedBatch
{
    private readonly List<int> _tokenIds = [];
    private readonly List<int> _tokenTypes = [];
    private readonly List<int> _lengths = [];

    public int Tokens => _tokenIds.Count;

    public int Sequences => _lengths.Count;

    public ReadOnlySpan<int> TokenIds => CollectionsMarshal.AsSpan(_tokenIds);

    public ReadOnlySpan<int> TokenTypes => CollectionsMarshal.AsSpan(_tokenTypes);

    public ReadOnlySpan<int> Lengths => CollectionsMarshal.AsSpan(_lengths);

    public void Add(ReadOnlySpan<int> ids, ReadOnlySpan<int> types)
    {
        _tokenIds.AddRange(ids);
        _tokenTypes.AddRange(types);
        _lengths.Add(ids.Length);
    }

    public void Clear()
    {
        _tokenIds.Clear();
        _tokenTypes.Clear();
        _lengths.Clear();
    }
}

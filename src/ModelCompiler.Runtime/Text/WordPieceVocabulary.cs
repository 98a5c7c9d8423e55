using System.Numerics;

namespace ModelCompiler.Runtime.Text;

/// <summary>
/// The WordPiece vocabulary as a trie over UTF-16 units, with one root for the start of a word and one for its
/// continuations. Splitting is greedy, longest piece first (Wu et al., 'Google's Neural Machine Translation System',
/// 2016, section 4.1, as BERT uses it); a word that cannot be split entirely is one unknown token.
/// </summary>
internal sealed class WordPieceVocabulary
{
    private const int StartRoot = 0;
    private const int ContinuationRoot = 1;
    private const int NoToken = -1;

    private readonly List<int> _tokenAt = [NoToken, NoToken]; // by node
    private readonly int _unknownId;
    private readonly int _maxCharsPerWord;
    private ulong[] _edges = new ulong[1024]; // (node << 16 | unit) + 1, open addressing, 0 is free
    private int[] _targets = new int[1024];
    private int _edgeCount;

    /// <param name="tokens">Token and id.</param>
    /// <param name="unknownId">The id of words that cannot be split.</param>
    /// <param name="continuingPrefix">What the vocabulary writes before pieces that continue a word, such as <c>##</c>.</param>
    /// <param name="maxCharsPerWord">Longer words, counted in code points, are unknown.</param>
    public WordPieceVocabulary(
        IEnumerable<KeyValuePair<string, int>> tokens, int unknownId, string continuingPrefix, int maxCharsPerWord)
    {
        _unknownId = unknownId;
        _maxCharsPerWord = maxCharsPerWord;
        foreach (var (token, id) in tokens)
        {
            Insert(StartRoot, token, id);
            if (token.StartsWith(continuingPrefix, StringComparison.Ordinal))
                Insert(ContinuationRoot, token.AsSpan(continuingPrefix.Length), id);
        }
    }

    /// <summary>Appends the ids of one word's pieces.</summary>
    public void Split(ReadOnlySpan<char> word, IdBuffer ids)
    {
        if (word.Length > _maxCharsPerWord && CountCodePoints(word) > _maxCharsPerWord)
        {
            ids.Add(_unknownId);
            return;
        }

        int mark = ids.Count;
        int root = StartRoot;
        for (int start = 0; start < word.Length; root = ContinuationRoot)
        {
            int length = LongestPiece(root, word[start..], out int id);
            if (length == 0)
            {
                ids.CutTo(mark);
                ids.Add(_unknownId);
                return;
            }

            ids.Add(id);
            start += length;
        }
    }

    private int LongestPiece(int root, ReadOnlySpan<char> text, out int id)
    {
        int length = 0;
        id = NoToken;
        int node = root;
        for (int i = 0; i < text.Length; i++)
        {
            int slot = Find(Key(node, text[i]));
            if (_edges[slot] == 0)
                break;
            node = _targets[slot];
            int token = _tokenAt[node];
            if (token != NoToken)
            {
                id = token;
                length = i + 1;
            }
        }

        return length;
    }

    private void Insert(int root, ReadOnlySpan<char> token, int id)
    {
        if (token.IsEmpty)
            return;
        int node = root;
        foreach (char unit in token)
        {
            ulong key = Key(node, unit);
            int slot = Find(key);
            if (_edges[slot] == 0)
            {
                if (_edgeCount * 2 >= _edges.Length)
                {
                    Grow();
                    slot = Find(key);
                }

                _edges[slot] = key;
                _targets[slot] = _tokenAt.Count;
                _tokenAt.Add(NoToken);
                _edgeCount++;
            }

            node = _targets[slot];
        }

        _tokenAt[node] = id;
    }

    private static ulong Key(int node, char unit) => (((ulong)node << 16) | unit) + 1;

    // The slot of the key, or the free one where it belongs. Fibonacci hashing; at most half of the slots are taken.
    private int Find(ulong key)
    {
        int mask = _edges.Length - 1;
        int slot = (int)((key * 0x9E3779B97F4A7C15) >> (64 - BitOperations.Log2((uint)_edges.Length)));
        while (_edges[slot] != 0 && _edges[slot] != key)
            slot = (slot + 1) & mask;
        return slot;
    }

    private void Grow()
    {
        (ulong[] edges, int[] targets) = (_edges, _targets);
        _edges = new ulong[edges.Length * 2];
        _targets = new int[edges.Length * 2];
        for (int i = 0; i < edges.Length; i++)
        {
            if (edges[i] == 0)
                continue;
            int slot = Find(edges[i]);
            _edges[slot] = edges[i];
            _targets[slot] = targets[i];
        }
    }

    private static int CountCodePoints(ReadOnlySpan<char> word)
    {
        int count = 0;
        foreach (char c in word)
            count += char.IsLowSurrogate(c) ? 0 : 1;
        return count;
    }
}

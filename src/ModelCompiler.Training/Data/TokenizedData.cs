using ModelCompiler.Runtime.Text;

namespace ModelCompiler.Training.Data;

/// <summary>Token ids of a part of a data set, example after example, and labels.</summary>
public sealed class TokenizedData
{
    private readonly int[] _ids;
    private readonly byte[] _types;
    private readonly int[] _starts;

    internal TokenizedData(int[] ids, byte[] types, int[] lengths, int[] labels)
    {
        (_ids, _types, Labels) = (ids, types, labels);
        _starts = new int[lengths.Length + 1];
        for (int i = 0; i < lengths.Length; i++)
            _starts[i + 1] = _starts[i] + lengths[i];
        if (_starts[^1] != ids.Length || ids.Length != types.Length || labels.Length != lengths.Length)
            throw new ArgumentException($"{lengths.Length} lengths with the sum {_starts[^1]} do not fit {ids.Length} ids, {types.Length} types and {labels.Length} labels.");
    }

    /// <summary>Number of examples.</summary>
    public int Count => Labels.Length;

    /// <summary>Label of each example.</summary>
    public int[] Labels { get; }

    /// <summary>Tokens of an example.</summary>
    public int LengthOf(int example) => _starts[example + 1] - _starts[example];

    /// <summary>Token ids of an example.</summary>
    public ReadOnlySpan<int> IdsOf(int example) => _ids.AsSpan(_starts[example], LengthOf(example));

    /// <summary>Token types of an example: 1 in the second text of a pair with BERT's template.</summary>
    public ReadOnlySpan<byte> TypesOf(int example) => _types.AsSpan(_starts[example], LengthOf(example));

    /// <summary>Tokenizes examples.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="examples">Texts or pairs.</param>
    /// <param name="maxLength">Most tokens of an example.</param>
    public static TokenizedData Encode(WordPieceTokenizer tokenizer, IReadOnlyList<TextExample> examples, int maxLength)
    {
        const int Chunk = 4096;
        var ids = new List<int>();
        var types = new List<byte>();
        var lengths = new List<int>(examples.Count);
        foreach (TextExample[] chunk in examples.Chunk(Chunk))
        {
            PackedBatch batch = chunk[0].Pair is null
                ? tokenizer.EncodeBatch([.. chunk.Select(e => e.Text)], maxLength)
                : tokenizer.EncodePairBatch([.. chunk.Select(e => (e.Text, e.Pair!))], maxLength);
            ids.AddRange(batch.TokenIds);
            types.AddRange(batch.TokenTypes.Select(t => (byte)t));
            lengths.AddRange(batch.Lengths);
        }

        return new([.. ids], [.. types], [.. lengths], [.. examples.Select(e => e.Label)]);
    }
}

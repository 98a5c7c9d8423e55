using System.Buffers;
using ModelCompiler.Runtime.Text.Unicode;

namespace ModelCompiler.Runtime.Text;

/// <summary>
/// BERT's tokenizer: added tokens are found first, the rest is normalized, split into words, and each word into the
/// longest pieces of the vocabulary. The ids are those of Hugging Face's <c>tokenizers</c> library for JavaScript.
/// </summary>
/// <remarks>
/// Thread-safe. A surrogate without its partner counts as U+FFFD. Offsets are not tracked. Where that library and its
/// Rust original differ, ideographs outside the basic plane and final sigma go the way of the former; <c>single_word</c>
/// tokens, <c>truncation</c> and an empty second text, which the former does not know, go the way of the latter.
/// </remarks>
public sealed class WordPieceTokenizer
{
    private readonly TokenizerDefinition _definition;
    private readonly WordPieceVocabulary _pieces;
    private readonly AddedTokenFinder _rawTokens;
    private readonly AddedTokenFinder _normalizedTokens;
    private readonly Dictionary<string, int> _idOf;
    private readonly Dictionary<int, string> _tokenOf;
    private Scratch? _spare;

    internal WordPieceTokenizer(TokenizerDefinition definition)
    {
        _definition = definition;
        _idOf = new Dictionary<string, int>(definition.Vocabulary, StringComparer.Ordinal);
        foreach (AddedToken token in definition.AddedTokens)
            _idOf[token.Content] = token.Id;
        _tokenOf = new Dictionary<int, string>(_idOf.Count);
        foreach (var (token, id) in _idOf)
            _tokenOf[id] = token;
        if (!_idOf.TryGetValue(definition.UnknownToken, out int unknown))
            throw new TokenizerException(
                definition.Path, "vocabulary", $"the unknown token '{definition.UnknownToken}'", "no such token");
        _pieces = new WordPieceVocabulary(
            definition.Vocabulary, unknown, definition.ContinuingPrefix, definition.MaxCharsPerWord);
        _rawTokens = new AddedTokenFinder(definition.AddedTokens
            .Where(token => !token.Normalized)
            .Select(token => (token.Content, token)));
        _normalizedTokens = new AddedTokenFinder(definition.AddedTokens
            .Where(token => token.Normalized)
            .Select(token => (definition.Normalizer.Normalize(token.Content), token)));
        VocabularySize = _tokenOf.Keys.Max() + 1;
    }

    /// <summary>One more than the largest token id: the rows that an embedding table needs.</summary>
    public int VocabularySize { get; }

    /// <summary>
    /// The length, special tokens included, that <c>tokenizer.json</c> cuts every text to; null if it cuts nothing.
    /// It applies where a call names no length of its own.
    /// </summary>
    public int? TruncationLength => _definition.TruncationLength;

    /// <summary>The <c>model_max_length</c> of <c>tokenizer_config.json</c>. Nothing is cut to it unasked.</summary>
    public int? ModelMaxLength => _definition.ModelMaxLength;

    /// <summary>Special tokens around one text, such as 2 for <c>[CLS] text [SEP]</c>.</summary>
    public int SpecialTokenCount => _definition.Single.SpecialCount;

    /// <summary>Special tokens before one text, such as 1 for <c>[CLS] text [SEP]</c>.</summary>
    public int LeadingSpecialTokenCount =>
        _definition.Single.Pieces.TakeWhile(piece => piece.Slot != TemplateSlot.First).Sum(piece => piece.SpecialIds.Length);

    /// <summary>
    /// Reads the tokenizer of a model folder: <c>tokenizer.json</c> if it is there, else <c>vocab.txt</c>, each with
    /// <c>tokenizer_config.json</c>.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">The folder is not there.</exception>
    /// <exception cref="TokenizerException">There is no tokenizer, it is broken, or it is no WordPiece tokenizer.</exception>
    public static WordPieceTokenizer FromFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no model folder '{folder}'.");
        string json = Path.Combine(folder, TokenizerJson.FileName);
        if (File.Exists(json))
        {
            int? modelMaxLength = VocabularyFolder.ReadModelMaxLength(folder);
            return new WordPieceTokenizer(TokenizerJson.Read(json) with { ModelMaxLength = modelMaxLength });
        }

        if (File.Exists(Path.Combine(folder, VocabularyFolder.VocabularyFileName)))
            return new WordPieceTokenizer(VocabularyFolder.Read(folder));
        string[] others = ["vocab.json", "merges.txt", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model"];
        string found = string.Join(", ", others.Where(name => File.Exists(Path.Combine(folder, name))));
        throw new TokenizerException(
            folder,
            "tokenizer",
            $"{TokenizerJson.FileName} or {VocabularyFolder.VocabularyFileName}",
            found.Length > 0 ? $"{found} (another kind of tokenizer)" : "neither");
    }

    /// <summary>Reads one <c>tokenizer.json</c>.</summary>
    /// <exception cref="TokenizerException">The file is broken, or is no WordPiece tokenizer.</exception>
    public static WordPieceTokenizer FromTokenizerJson(string path) => new(TokenizerJson.Read(path));

    /// <summary>The id of a token of the vocabulary; null if there is no such token.</summary>
    public int? IdOf(string token) => _idOf.TryGetValue(token, out int id) ? id : null;

    /// <summary>The token of an id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public string TokenOf(int id) =>
        _tokenOf.TryGetValue(id, out string? token)
            ? token
            : throw new ArgumentOutOfRangeException(nameof(id), id, $"No token has this id; ids end at {VocabularySize - 1}.");

    /// <summary>The tokens of ids, continuation prefixes included.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has one of the ids.</exception>
    public string[] Decode(ReadOnlySpan<int> tokenIds)
    {
        var tokens = new string[tokenIds.Length];
        for (int i = 0; i < tokens.Length; i++)
            tokens[i] = TokenOf(tokenIds[i]);
        return tokens;
    }

    /// <summary>Encodes one text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokenIds">The ids are appended here.</param>
    /// <param name="addSpecialTokens">Whether to surround the text with the model's special tokens.</param>
    /// <param name="maxLength">The most ids to append, special tokens included; null for <see cref="TruncationLength"/>.</param>
    /// <returns>The ids appended.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length does not even hold the special tokens.</exception>
    public int Encode(
        ReadOnlySpan<char> text, List<int> tokenIds, bool addSpecialTokens = true, int? maxLength = null)
    {
        using var run = new Run(this);
        run.Encode(text, addSpecialTokens, maxLength);
        tokenIds.AddRange(run.Ids);
        return run.Ids.Length;
    }

    /// <summary>Encodes one text into a writer; else like <see cref="Encode(ReadOnlySpan{char}, List{int}, bool, int?)"/>.</summary>
    public int EncodeTo(
        IBufferWriter<int> tokenIds, ReadOnlySpan<char> text, bool addSpecialTokens = true, int? maxLength = null)
    {
        using var run = new Run(this);
        run.Encode(text, addSpecialTokens, maxLength);
        tokenIds.Write(run.Ids);
        return run.Ids.Length;
    }

    /// <summary>Encodes one text, with special tokens, cut to <see cref="TruncationLength"/>, into an array of its own.</summary>
    public int[] Encode(ReadOnlySpan<char> text)
    {
        using var run = new Run(this);
        run.Encode(text, addSpecialTokens: true, maxLength: null);
        return run.Ids.ToArray();
    }

    /// <summary>Encodes two texts that belong together. If they are too long, the longer one is cut first.</summary>
    /// <param name="first">The first text.</param>
    /// <param name="second">The second text; it is there even if it is empty.</param>
    /// <param name="tokenIds">The ids are appended here.</param>
    /// <param name="tokenTypes">As many token types are appended here.</param>
    /// <param name="addSpecialTokens">Whether to add the model's special tokens.</param>
    /// <param name="maxLength">The most ids to append, special tokens included; null for <see cref="TruncationLength"/>.</param>
    /// <returns>The ids appended.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length does not even hold the special tokens.</exception>
    public int EncodePair(
        ReadOnlySpan<char> first,
        ReadOnlySpan<char> second,
        List<int> tokenIds,
        List<int> tokenTypes,
        bool addSpecialTokens = true,
        int? maxLength = null)
    {
        using var run = new Run(this);
        run.EncodePair(first, second, addSpecialTokens, maxLength);
        tokenIds.AddRange(run.Ids);
        tokenTypes.AddRange(run.Types);
        return run.Ids.Length;
    }

    /// <summary>Encodes texts into one packed batch, with special tokens.</summary>
    /// <param name="texts">The texts; none may be null.</param>
    /// <param name="maxLength">The most tokens of a text, special tokens included; null for <see cref="TruncationLength"/>.</param>
    public PackedBatch EncodeBatch(IReadOnlyList<string> texts, int? maxLength = null)
    {
        using var run = new Run(this);
        var lengths = new int[texts.Count];
        for (int i = 0; i < lengths.Length; i++)
        {
            string text = texts[i] ?? throw new ArgumentException($"Text {i} is null.", nameof(texts));
            lengths[i] = run.Encode(text, addSpecialTokens: true, maxLength);
        }

        return new PackedBatch(run.Ids.ToArray(), lengths, run.Types.ToArray());
    }

    /// <summary>Encodes pairs of texts into one packed batch; else like <see cref="EncodeBatch"/>.</summary>
    public PackedBatch EncodePairBatch(IReadOnlyList<(string First, string Second)> pairs, int? maxLength = null)
    {
        using var run = new Run(this);
        var lengths = new int[pairs.Count];
        for (int i = 0; i < lengths.Length; i++)
        {
            var (first, second) = pairs[i];
            if (first is null || second is null)
                throw new ArgumentException($"A text of pair {i} is null.", nameof(pairs));
            lengths[i] = run.EncodePair(first, second, addSpecialTokens: true, maxLength);
        }

        return new PackedBatch(run.Ids.ToArray(), lengths, run.Types.ToArray());
    }

    // Added tokens split the raw text; what lies between them is normalized, split again and cut into pieces.
    private void Tokenize(ReadOnlySpan<char> text, IdBuffer ids, Scratch scratch)
    {
        int from = 0;
        bool stripNext = false;
        while (_rawTokens.Find(text, from, out int start, out int length) is { } token)
        {
            TokenizeSection(Strip(text[from..start], stripNext, token.LeftStrip), ids, scratch);
            ids.Add(token.Id);
            stripNext = token.RightStrip;
            from = start + length;
        }

        TokenizeSection(Strip(text[from..], stripNext, false), ids, scratch);
    }

    private void TokenizeSection(ReadOnlySpan<char> section, IdBuffer ids, Scratch scratch)
    {
        if (section.IsEmpty)
            return;
        ReadOnlySpan<char> text = _definition.Normalizer.Normalize(section, scratch.Cleaned, scratch.Folded);
        int from = 0;
        bool stripNext = false;
        while (_normalizedTokens.Find(text, from, out int start, out int length) is { } token)
        {
            TokenizeWords(Strip(text[from..start], stripNext, token.LeftStrip), ids);
            ids.Add(token.Id);
            stripNext = token.RightStrip;
            from = start + length;
        }

        TokenizeWords(Strip(text[from..], stripNext, false), ids);
    }

    private void TokenizeWords(ReadOnlySpan<char> text, IdBuffer ids)
    {
        var words = new BertWords(text);
        while (words.MoveNext())
            _pieces.Split(words.Current, ids);
    }

    private static ReadOnlySpan<char> Strip(ReadOnlySpan<char> text, bool start, bool end)
    {
        if (start)
            text = CharacterClasses.TrimStart(text);
        return end ? CharacterClasses.TrimEnd(text) : text;
    }

    // How much of a pair stays: the shorter text whole if it fits in half, else half each, the odd token to the longer.
    private static (int First, int Second) LongestFirst(int first, int second, int room)
    {
        if (first + second <= room)
            return (first, second);
        int shorter = Math.Min(first, second);
        int longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
        if (shorter + longer > room)
        {
            shorter = room / 2;
            longer = shorter + (room % 2);
        }

        return first <= second ? (shorter, longer) : (longer, shorter);
    }

    // Memory that is kept from call to call.
    private sealed class Scratch
    {
        public CharBuffer Cleaned { get; } = new();

        public CharBuffer Folded { get; } = new();

        public IdBuffer First { get; } = new();

        public IdBuffer Second { get; } = new();

        public IdBuffer Ids { get; } = new();

        public IdBuffer Types { get; } = new();
    }

    // One call: takes the spare memory, or new memory if another thread has it, and puts it back at the end.
    private readonly ref struct Run : IDisposable
    {
        private readonly WordPieceTokenizer _tokenizer;
        private readonly Scratch _scratch;

        public Run(WordPieceTokenizer tokenizer)
        {
            _tokenizer = tokenizer;
            _scratch = Interlocked.Exchange(ref tokenizer._spare, null) ?? new Scratch();
            _scratch.Ids.CutTo(0);
            _scratch.Types.CutTo(0);
        }

        public ReadOnlySpan<int> Ids => _scratch.Ids.Span;

        public ReadOnlySpan<int> Types => _scratch.Types.Span;

        public int Encode(ReadOnlySpan<char> text, bool addSpecialTokens, int? maxLength)
        {
            TokenTemplate template = _tokenizer._definition.Single;
            int room = Room(template, addSpecialTokens, maxLength);
            _scratch.First.CutTo(0);
            _tokenizer.Tokenize(text, _scratch.First, _scratch);
            return Fill(template, addSpecialTokens, Math.Min(room, _scratch.First.Count), 0);
        }

        public int EncodePair(
            ReadOnlySpan<char> first, ReadOnlySpan<char> second, bool addSpecialTokens, int? maxLength)
        {
            TokenTemplate template = _tokenizer._definition.Pair;
            int room = Room(template, addSpecialTokens, maxLength);
            _scratch.First.CutTo(0);
            _scratch.Second.CutTo(0);
            _tokenizer.Tokenize(first, _scratch.First, _scratch);
            _tokenizer.Tokenize(second, _scratch.Second, _scratch);
            var (firstCount, secondCount) = LongestFirst(_scratch.First.Count, _scratch.Second.Count, room);
            return Fill(template, addSpecialTokens, firstCount, secondCount);
        }

        public void Dispose() => _tokenizer._spare = _scratch;

        private int Room(TokenTemplate template, bool addSpecialTokens, int? maxLength)
        {
            if ((maxLength ?? _tokenizer.TruncationLength) is not { } length)
                return int.MaxValue;
            int specials = addSpecialTokens ? template.SpecialCount : 0;
            if (length < specials)
                throw new ArgumentOutOfRangeException(
                    nameof(maxLength), length, $"The special tokens alone are {specials}.");
            return length - specials;
        }

        private int Fill(TokenTemplate template, bool addSpecialTokens, int firstCount, int secondCount)
        {
            int begin = _scratch.Ids.Count;
            foreach (TemplatePiece piece in template.Pieces)
            {
                ReadOnlySpan<int> ids = piece.Slot switch
                {
                    TemplateSlot.First => _scratch.First.Span[..firstCount],
                    TemplateSlot.Second => _scratch.Second.Span[..secondCount],
                    _ => addSpecialTokens ? piece.SpecialIds.AsSpan() : [],
                };
                foreach (int id in ids)
                {
                    _scratch.Ids.Add(id);
                    _scratch.Types.Add(piece.TokenType);
                }
            }

            return _scratch.Ids.Count - begin;
        }
    }
}

using ModelCompiler.Runtime.Text;

namespace ModelCompiler.Training.Data;

/// <summary>
/// Replaces tokens by [UNK] or [MASK] with some probability, so that a label does not hang on one rare word piece (Iyyer
/// et al., "Deep unordered composition rivals syntactic methods", ACL 2015). Special tokens stay.
/// </summary>
public sealed class WordDropout
{
    private static readonly string[] SpecialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    private readonly double _probability;
    private readonly int _replacement;
    private readonly HashSet<long> _kept;

    /// <summary>Word dropout for a vocabulary.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="probability">Of each token.</param>
    /// <param name="token">What takes its place.</param>
    /// <exception cref="TrainingException">The vocabulary lacks <paramref name="token"/>.</exception>
    public WordDropout(WordPieceTokenizer tokenizer, double probability, string token)
    {
        _probability = probability;
        _replacement = tokenizer.IdOf(token) ?? throw new TrainingException($"model.wordDropoutToken: expected a token of the vocabulary, found '{token}'.");
        _kept = [.. SpecialTokens.Select(tokenizer.IdOf).OfType<int>().Select(id => (long)id)];
    }

    /// <summary>A stream of choices that depends on the numbers alone.</summary>
    public Stream Start(params ReadOnlySpan<long> seeds) => new(this, new SeededRandom(seeds));

    /// <summary>Choices for one batch.</summary>
    public sealed class Stream
    {
        private readonly WordDropout _dropout;
        private SeededRandom _random;

        internal Stream(WordDropout dropout, SeededRandom random) => (_dropout, _random) = (dropout, random);

        /// <summary>A copy with tokens replaced.</summary>
        public long[] Apply(long[] ids)
        {
            var result = (long[])ids.Clone();
            for (int i = 0; i < result.Length; i++)
            {
                if (!_dropout._kept.Contains(result[i]) && _random.NextDouble() < _dropout._probability)
                    result[i] = _dropout._replacement;
            }

            return result;
        }
    }
}

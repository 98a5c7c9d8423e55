using System.Numerics.Tensors;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Text;

namespace ModelCompiler.Runtime;

// Text in: tokenize all, run in batches of at most the largest bucket, keep the order of the texts.
public sealed partial class EncoderSession
{
    /// <summary>Takes the output rows of one text: one row, or a row per token.</summary>
    private delegate void RowReader(int text, ReadOnlySpan<int> tokenIds, ReadOnlySpan<float> rows);

    /// <summary>Classifies texts. Texts longer than <see cref="MaxSequence"/> tokens are cut; any number of texts runs in as many batches as it takes.</summary>
    /// <returns>One classification per text, in the order of the texts.</returns>
    /// <exception cref="InvalidOperationException">The class has no sequence classifier.</exception>
    /// <exception cref="TokenizerException">The folder has no supported tokenizer.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public Classification[] Classify(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        RequireHead(nameof(Classify), EncoderHead.SequenceClassifier);
        return ClassifyBatch(Tokenizer.EncodeBatch(texts, MaxSequence));
    }

    /// <summary>Classifies pairs of texts, such as premise and hypothesis. The longer text of a pair is cut first.</summary>
    /// <inheritdoc cref="Classify(IReadOnlyList{string})"/>
    public Classification[] Classify(IReadOnlyList<(string First, string Second)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        RequireHead(nameof(Classify), EncoderHead.SequenceClassifier);
        return ClassifyBatch(Tokenizer.EncodePairBatch(pairs, MaxSequence));
    }

    /// <summary>Classifies each token of each text, without the special tokens around it.</summary>
    /// <returns>One array per text, in the order of the texts.</returns>
    /// <exception cref="InvalidOperationException">The class has no token classifier.</exception>
    /// <exception cref="TokenizerException">The folder has no supported tokenizer.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public TokenClassification[][] ClassifyTokens(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        RequireHead(nameof(ClassifyTokens), EncoderHead.TokenClassifier);
        var results = new TokenClassification[texts.Count][];
        RunTexts(Tokenizer.EncodeBatch(texts, MaxSequence), (text, tokenIds, rows) =>
        {
            var tokens = new TokenClassification[tokenIds.Length - Tokenizer.SpecialTokenCount];
            int columns = rows.Length / tokenIds.Length;
            for (int i = 0; i < tokens.Length; i++)
            {
                int place = i + Tokenizer.LeadingSpecialTokenCount;
                Classification c = Classified(rows.Slice(place * columns, columns));
                tokens[i] = new(Tokenizer.TokenOf(tokenIds[place]), c.Label, c.Index, c.Probability, c.Probabilities);
            }

            results[text] = tokens;
        });
        return results;
    }

    /// <summary>Embeds texts: pooled states [H], divided by their length where the class says so.</summary>
    /// <returns>One vector per text, in the order of the texts.</returns>
    /// <exception cref="InvalidOperationException">The class has neither an embedding head nor a pooler.</exception>
    /// <exception cref="TokenizerException">The folder has no supported tokenizer.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public float[][] Embed(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        RequireHead(nameof(Embed), EncoderHead.MeanEmbedding, EncoderHead.ClsEmbedding, EncoderHead.Pooler);
        var results = new float[texts.Count][];
        RunTexts(Tokenizer.EncodeBatch(texts, MaxSequence), (text, _, row) => results[text] = row.ToArray());
        return results;
    }

    private Classification[] ClassifyBatch(PackedBatch batch)
    {
        var results = new Classification[batch.Lengths.Length];
        RunTexts(batch, (text, _, logits) => results[text] = Classified(logits));
        return results;
    }

    private Classification Classified(ReadOnlySpan<float> logits)
    {
        // Less their maximum, so that no exponential overflows.
        var probabilities = new float[logits.Length];
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities);
        TensorPrimitives.SoftMax<float>(probabilities, probabilities);
        int best = TensorPrimitives.IndexOfMax(logits);
        return new(Labels[best], best, probabilities[best], probabilities);
    }

    /// <summary>
    /// Takes texts in order, as many as the largest bucket holds at a time. Sequences are packed without padding, so
    /// sorting them by length would gain nothing.
    /// </summary>
    private void RunTexts(PackedBatch texts, RowReader read)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int first = 0, firstToken = 0;
        while (first < texts.Lengths.Length)
        {
            int end = first, tokens = 0;
            while (end < texts.Lengths.Length && tokens + texts.Lengths[end] <= Descriptor.Shapes.MaxTokens)
                tokens += texts.Lengths[end++];
            RunBatch(texts, first, end, firstToken, tokens, read);
            first = end;
            firstToken += tokens;
        }
    }

    private void RunBatch(PackedBatch texts, int first, int end, int firstToken, int tokens, RowReader read)
    {
        EncoderModel model = Descriptor.Model;
        ReadOnlySpan<int> ids = texts.TokenIds.AsSpan(firstToken, tokens);
        ReadOnlySpan<int> types = model.TokenTypes > 1 ? texts.TokenTypes.AsSpan(firstToken, tokens) : [];
        int columns = model.OutputColumns;
        var output = new float[(model.OutputPerToken ? tokens : end - first) * columns];
        Forward(ids, types, texts.Lengths.AsSpan(first, end - first), output);
        int row = 0, token = 0;
        for (int i = first; i < end; i++)
        {
            int length = texts.Lengths[i], rows = model.OutputPerToken ? length : 1;
            read(i, ids.Slice(token, length), output.AsSpan(row * columns, rows * columns));
            row += rows;
            token += length;
        }
    }

    private void RequireHead(string method, params ReadOnlySpan<EncoderHead> heads)
    {
        if (!heads.Contains(Descriptor.Model.Head))
            throw new InvalidOperationException(
                $"{Descriptor.Name}.{method}: expected a class with head {string.Join(" or ", heads.ToArray())}, found {Descriptor.Model.Head}.");
    }
}

using System.Numerics.Tensors;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime;

// Text in: tokenize, pack into batches of at most the largest bucket, run, and keep the order of the texts.
public sealed partial class EncoderSession
{
    private delegate void RowReader(int text, ReadOnlySpan<float> rows);

    /// <summary>Classifies texts. Texts longer than <see cref="MaxSequence"/> tokens are cut; any number of texts runs in as many batches as it takes.</summary>
    /// <returns>One classification per text, in the order of the texts.</returns>
    /// <exception cref="InvalidOperationException">The class has no sequence classifier.</exception>
    /// <exception cref="Text.TokenizerException">The folder has no supported tokenizer.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public Classification[] Classify(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        RequireHead("Classify", EncoderHead.SequenceClassifier);
        return ClassifyTexts(texts.Count, i => Tokenize(texts, i));
    }

    /// <summary>Classifies pairs of texts, such as premise and hypothesis. The longer text of a pair is cut first.</summary>
    /// <inheritdoc cref="Classify(IReadOnlyList{string})"/>
    public Classification[] Classify(IReadOnlyList<(string First, string Second)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        RequireHead("Classify", EncoderHead.SequenceClassifier);
        return ClassifyTexts(pairs.Count, i => Tokenizer.EncodePair(pairs[i].First, pairs[i].Second, MaxSequence));
    }

    /// <summary>Classifies each token of each text, without the special tokens around it.</summary>
    /// <returns>One array per text, in the order of the texts.</returns>
    /// <exception cref="InvalidOperationException">The class has no token classifier.</exception>
    /// <exception cref="Text.TokenizerException">The folder has no supported tokenizer.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public TokenClassification[][] ClassifyTokens(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        RequireHead("ClassifyTokens", EncoderHead.TokenClassifier);
        var results = new TokenClassification[texts.Count][];
        var encodings = new TokenizedText[texts.Count];
        RunTexts(texts.Count, i => encodings[i] = Tokenize(texts, i), (text, rows) =>
            results[text] = TokenClassifications(encodings[text], rows));
        return results;
    }

    /// <summary>Embeds texts: pooled states [H], divided by their length where the class says so.</summary>
    /// <returns>One vector per text, in the order of the texts.</returns>
    /// <exception cref="InvalidOperationException">The class has neither an embedding head nor a pooler.</exception>
    /// <exception cref="Text.TokenizerException">The folder has no supported tokenizer.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public float[][] Embed(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        RequireHead("Embed", EncoderHead.MeanEmbedding, EncoderHead.ClsEmbedding, EncoderHead.Pooler);
        var results = new float[texts.Count][];
        RunTexts(texts.Count, i => Tokenize(texts, i), (text, row) => results[text] = row.ToArray());
        return results;
    }

    private Classification[] ClassifyTexts(int count, Func<int, TokenizedText> tokenize)
    {
        var results = new Classification[count];
        RunTexts(count, tokenize, (text, logits) => results[text] = Classified(logits));
        return results;
    }

    private Classification Classified(ReadOnlySpan<float> logits)
    {
        var probabilities = new float[logits.Length];
        TensorPrimitives.SoftMax(Shifted(logits, probabilities), probabilities);
        int best = TensorPrimitives.IndexOfMax<float>(logits);
        return new(Labels[best], best, probabilities[best], probabilities);
    }

    /// <summary>Logits minus their maximum, so that no exponential overflows.</summary>
    private static ReadOnlySpan<float> Shifted(ReadOnlySpan<float> logits, Span<float> target)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), target);
        return target;
    }

    private TokenizedText Tokenize(IReadOnlyList<string> texts, int index) =>
        Tokenizer.Encode(texts[index] ?? throw new ArgumentException($"texts[{index}] is null.", nameof(texts)), MaxSequence);

    /// <summary>
    /// Fills batches in order up to the largest bucket. Sequences are packed without padding, so sorting by length
    /// would gain nothing.
    /// </summary>
    private void RunTexts(int count, Func<int, TokenizedText> tokenize, RowReader read)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var batch = new PackedBatch();
        int first = 0;
        for (int i = 0; i < count; i++)
        {
            TokenizedText text = tokenize(i);
            if (batch.Tokens + text.TokenIds.Length > Descriptor.Shapes.MaxTokens)
            {
                RunBatch(batch, first, read);
                first = i;
            }

            batch.Add(text.TokenIds, text.TokenTypes);
        }

        if (batch.Sequences > 0)
            RunBatch(batch, first, read);
    }

    private void RunBatch(PackedBatch batch, int firstText, RowReader read)
    {
        EncoderModel model = Descriptor.Model;
        int columns = model.OutputColumns;
        var output = new float[(model.OutputPerToken ? batch.Tokens : batch.Sequences) * columns];
        Forward(batch.TokenIds, model.TokenTypes > 1 ? batch.TokenTypes : [], batch.Lengths, output);
        int row = 0;
        for (int i = 0; i < batch.Sequences; i++)
        {
            int rows = model.OutputPerToken ? batch.Lengths[i] : 1;
            read(firstText + i, output.AsSpan(row * columns, rows * columns));
            row += rows;
        }

        batch.Clear();
    }

    private void RequireHead(string method, params ReadOnlySpan<EncoderHead> heads)
    {
        if (!heads.Contains(Descriptor.Model.Head))
            throw new InvalidOperationException(
                $"{Descriptor.Name}.{method}: expected a class with head {string.Join(" or ", heads.ToArray())}, found {Descriptor.Model.Head}.");
    }
}

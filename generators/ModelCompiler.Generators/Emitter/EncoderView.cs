using System.Globalization;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Generators.Emitter;

/// <summary>Variables of <c>Encoder.cs.hbs</c>.</summary>
internal sealed class EncoderView(EncoderClass encoder)
{
    private readonly EncoderModel _model = encoder.Declaration.Model;
    private readonly ShapeSet _shapes = encoder.Declaration.Shapes;

    public string Opening => CSharpText.Opening(encoder.Type);

    public string Closing => CSharpText.Closing(encoder.Type);

    public string Name => encoder.Type.Name;

    public string GeneratedCode => CSharpText.GeneratedCode;

    public string Summary => string.Format(
        CultureInfo.InvariantCulture,
        "{0} encoder: {1} layers, hidden size {2}, {3} heads, intermediate size {4}, head {5}.",
        _model.Family, _model.Layers, _model.HiddenSize, _model.AttentionHeads, _model.IntermediateSize, _model.Head);

    public string HiddenSize => CSharpText.Literal(_model.HiddenSize);

    public string MaxSequence => CSharpText.Literal(_shapes.MaxSequence);

    public string MaxTokens => CSharpText.Literal(_shapes.MaxTokens);

    public string OutputColumns => CSharpText.Literal(_model.OutputColumns);

    public string OutputDescription
    {
        get
        {
            string what = _model.Head switch
            {
                EncoderHead.None => "the last hidden state",
                EncoderHead.Pooler => "the pooled state",
                EncoderHead.MeanEmbedding or EncoderHead.ClsEmbedding => "the embeddings",
                _ => "the logits",
            };
            return $"{what}, [{(_model.OutputPerToken ? "tokens" : "sequences")}, {OutputColumns}]";
        }
    }

    public bool HasLabels => _model.Labels > 0;

    public bool HasTokenTypes => _model.TokenTypes > 1;

    public bool HasHiddenState => _model.Head != EncoderHead.None;

    public bool IsSequenceClassifier => _model.Head == EncoderHead.SequenceClassifier;

    public bool IsTokenClassifier => _model.Head == EncoderHead.TokenClassifier;

    public bool IsEmbedding => _model.Head is EncoderHead.MeanEmbedding or EncoderHead.ClsEmbedding or EncoderHead.Pooler;
}

using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>FP16 plans against fp32 outputs of the Hugging Face library, and of a reference written out here.</summary>
public class GoldenTests
{
    private const double Bound = 5e-3;

    [Fact]
    public void A_bert_classifier_gives_the_golden_logits_and_hidden_state()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(ModelFixtures.WordNetGolden);
        (int[] ids, int[] lengths) = ModelFixtures.Pack(golden);
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.WordNetModel);
        var logits = new float[lengths.Length * 45];
        var hidden = new float[ids.Length * 256];
        session.Forward(ids, [], lengths, logits, hidden);

        ModelFixtures.RelativeError(logits, golden.Read<float>("logits")).ShouldBeLessThan(Bound);
        ModelFixtures.RelativeError(hidden, ModelFixtures.PackRows(golden, "last_hidden_state")).ShouldBeLessThan(Bound);
    }

    [Fact]
    public void A_bare_bert_gives_the_golden_hidden_state()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(ModelFixtures.TinyBert, "golden.safetensors"));
        (int[] ids, int[] lengths) = ModelFixtures.Pack(golden);
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.TinyBert);
        var hidden = new float[ids.Length * 128];
        session.Forward(ids, lengths, hidden);

        ModelFixtures.RelativeError(hidden, ModelFixtures.PackRows(golden, "last_hidden_state")).ShouldBeLessThan(Bound);
    }

    [Fact]
    public void A_bert_with_pooler_gives_the_golden_pooler_output()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(ModelFixtures.TinyBert, "golden.safetensors"));
        (int[] ids, int[] lengths) = ModelFixtures.Pack(golden);
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.TinyBert, head: EncoderHead.Pooler);
        var pooled = new float[lengths.Length * 128];
        session.Forward(ids, lengths, pooled);

        ModelFixtures.RelativeError(pooled, golden.Read<float>("pooler_output")).ShouldBeLessThan(Bound);
    }

    [Fact]
    public void A_roberta_classifier_gives_the_golden_logits_of_padded_rows()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(ModelFixtures.TinyRoberta, "golden.safetensors"));
        (int[] ids, int[] lengths) = ModelFixtures.Pack(golden);
        lengths.Distinct().Count().ShouldBeGreaterThan(1, "the rows must be padded, or this proves nothing about packing");
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.TinyRoberta);
        var logits = new float[lengths.Length * 4];
        session.Forward(ids, lengths, logits);

        ModelFixtures.RelativeError(logits, golden.Read<float>("logits")).ShouldBeLessThan(Bound);
    }

    [Fact]
    public void A_distilbert_classifier_agrees_with_a_reference_in_double_precision()
    {
        using var model = new RandomDistilBert();
        int[] lengths = [7, 1, RandomDistilBert.Positions, 19];
        var random = new Random(7);
        int[] ids = [.. Enumerable.Range(0, lengths.Sum()).Select(_ => random.Next(RandomDistilBert.Vocabulary))];
        using EncoderSession session = ModelFixtures.Load(model.Folder);
        var logits = new float[lengths.Length * RandomDistilBert.Labels];
        var hidden = new float[ids.Length * RandomDistilBert.Hidden];
        session.Forward(ids, [], lengths, logits, hidden);

        var expectedLogits = new List<float>();
        var expectedHidden = new List<float>();
        int first = 0;
        foreach (int length in lengths)
        {
            (double[] l, double[][] h) = model.Reference.Forward(ids.AsSpan(first, length));
            expectedLogits.AddRange(l.Select(x => (float)x));
            expectedHidden.AddRange(h.SelectMany(row => row).Select(x => (float)x));
            first += length;
        }

        ModelFixtures.RelativeError(logits, expectedLogits.ToArray()).ShouldBeLessThan(Bound);
        ModelFixtures.RelativeError(hidden, expectedHidden.ToArray()).ShouldBeLessThan(Bound);
    }

    [Fact]
    public void The_class_embedding_is_the_hidden_state_of_the_first_token()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(ModelFixtures.TinyBert, "golden.safetensors"));
        (int[] ids, int[] lengths) = ModelFixtures.Pack(golden);
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.TinyBert, head: EncoderHead.ClsEmbedding);
        var embedding = new float[lengths.Length * 128];
        session.Forward(ids, lengths, embedding);

        float[] states = golden.Read<float>("last_hidden_state");
        int width = (int)golden.GetInfo("last_hidden_state").Shape[1];
        float[] first = [.. states.Chunk(width * 128).SelectMany(row => row.Take(128))];
        ModelFixtures.RelativeError(embedding, first).ShouldBeLessThan(Bound);
    }

    [Fact]
    public void The_mean_embedding_is_the_mean_over_the_tokens_of_a_sequence()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(ModelFixtures.TinyBert, "golden.safetensors"));
        (int[] ids, int[] lengths) = ModelFixtures.Pack(golden);
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.TinyBert, head: EncoderHead.MeanEmbedding);
        var embedding = new float[lengths.Length * 128];
        session.Forward(ids, lengths, embedding);

        float[] packed = ModelFixtures.PackRows(golden, "last_hidden_state");
        var means = new List<float>();
        int token = 0;
        foreach (int length in lengths)
        {
            for (int i = 0; i < 128; i++)
                means.Add((float)Enumerable.Range(token, length).Average(t => (double)packed[t * 128 + i]));
            token += length;
        }

        ModelFixtures.RelativeError(embedding, means.ToArray()).ShouldBeLessThan(Bound);
    }
}

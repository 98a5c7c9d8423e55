namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>How a session behaves in a program: text, threads, memory, end of life.</summary>
public class SessionUseTests
{
    private static readonly string[] Definitions =
    [
        "a domestic animal kept as a pet", "move quickly on foot", "a dish of cooked food", "the state of being calm", "",
        "an instrument for measuring temperature", "happening without delay",
    ];

    [Fact]
    public void A_definition_gets_its_supersense()
    {
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.WordNetModel);
        Classification[] found = session.Classify(Definitions);

        found.Length.ShouldBe(Definitions.Length);
        found[0].Label.ShouldBe("noun.animal");
        found[1].Label.ShouldBe("verb.motion");
        found[2].Label.ShouldBe("noun.food");
        foreach (Classification c in found)
        {
            c.Probabilities.Length.ShouldBe(45);
            c.Probabilities.Sum().ShouldBe(1, 1e-4);
            c.Probability.ShouldBe(c.Probabilities.Max());
            c.Top(3)[0].ShouldBe(c.Index);
            session.Labels[c.Index].ShouldBe(c.Label);
        }
    }

    [Fact]
    public void Texts_that_need_many_batches_keep_their_order_and_results()
    {
        using EncoderSession one = ModelFixtures.Load(ModelFixtures.WordNetModel);
        using EncoderSession many = ModelFixtures.Load(ModelFixtures.WordNetModel, buckets: [64]);
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => Definitions[i % Definitions.Length])];

        many.Classify(texts).Select(c => c.Probabilities).ShouldBe(one.Classify(texts).Select(c => c.Probabilities));
    }

    [Fact]
    public void A_text_above_the_longest_sequence_is_cut()
    {
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.WordNetModel);
        string[] words = [.. Enumerable.Repeat("animal", 200)];

        session.Classify([string.Join(' ', words)])[0].Probabilities
            .ShouldBe(session.Classify([string.Join(' ', words.Take(62))])[0].Probabilities);
    }

    [Fact]
    public void No_texts_give_no_results()
    {
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.WordNetModel);
        session.Classify(Array.Empty<string>()).ShouldBeEmpty();
    }

    [Fact]
    public void A_pair_is_classified_with_token_types()
    {
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.WordNetModel);
        int[] ids = session.Tokenizer.EncodePairBatch([("a pet", "an animal")]).TokenIds;
        int[] types = session.Tokenizer.EncodePairBatch([("a pet", "an animal")]).TokenTypes;
        types.ShouldContain(1);
        var logits = new float[45];
        session.Forward(ids, types, [ids.Length], logits);

        session.Classify([("a pet", "an animal")])[0].Index.ShouldBe(Array.IndexOf(logits, logits.Max()));
    }

    [Theory]
    [InlineData(Precision.Fp16)]
    [InlineData(Precision.W4A4)]
    public async Task Two_threads_get_what_one_gets(Precision precision)
    {
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.WordNetModel, precision);
        float[][] expected = [.. session.Classify(Definitions).Select(c => c.Probabilities)];
        using var start = new Barrier(2);
        Task<float[][]>[] tasks = [.. Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                float[][] last = [];
                for (int i = 0; i < 20; i++)
                    last = [.. session.Classify(Definitions).Select(c => c.Probabilities)];
                return last;
            },
            TaskCreationOptions.LongRunning))];

        foreach (Task<float[][]> task in tasks)
            (await task).ShouldBe(expected);
    }

    [Theory]
    [InlineData(Precision.Fp16)]
    [InlineData(Precision.W8A8)]
    [InlineData(Precision.W4A4)]
    public void Forward_allocates_nothing_once_warm(Precision precision)
    {
        using EncoderSession session = ModelFixtures.Load(ModelFixtures.WordNetModel, precision);
        int[] ids = [.. Enumerable.Range(0, 90).Select(i => i * 37 % 8192)];
        int[] lengths = [40, 1, 49];
        var output = new float[3 * 45];
        for (int i = 0; i < 3; i++)
            session.Forward(ids, lengths, output);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
            session.Forward(ids, lengths, output);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_disposed_session_says_so()
    {
        EncoderSession session = ModelFixtures.Load(ModelFixtures.WordNetModel);
        session.Dispose();
        session.Dispose();

        Should.Throw<ObjectDisposedException>(() => session.Forward([1], [1], new float[45]));
        Should.Throw<ObjectDisposedException>(() => session.Forward([], [], []));
        Should.Throw<ObjectDisposedException>(() => session.Classify(["text"]));
    }

    [Fact]
    public async Task Disposing_waits_for_the_running_batch()
    {
        EncoderSession session = ModelFixtures.Load(ModelFixtures.WordNetModel);
        string[] texts = [.. Enumerable.Repeat(Definitions[0], 200)];
        var started = new TaskCompletionSource();
        Task<int> running = Task.Run(() =>
        {
            int done = 0;
            try
            {
                for (; done < 1000; done++)
                {
                    session.Classify(texts)[199].Label.ShouldBe("noun.animal");
                    started.TrySetResult();
                }
            }
            catch (ObjectDisposedException)
            {
                // The call that comes after Dispose is refused; none before it may fail.
            }

            return done;
        });
        await Task.WhenAny(started.Task, running);
        session.Dispose();

        (await running).ShouldBeInRange(1, 999);
    }
}

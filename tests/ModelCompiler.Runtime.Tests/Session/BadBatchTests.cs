namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>Batches that break a rule: a typed error that says where, and a session that answers afterwards.</summary>
public sealed class BadBatchTests : IDisposable
{
    private readonly EncoderSession _session = ModelFixtures.Load(ModelFixtures.TinyRoberta, buckets: [64, 128]);
    private readonly float[] _expected = new float[4];

    public BadBatchTests() => _session.Forward([0, 5, 9, 2], [4], _expected);

    public void Dispose()
    {
        var again = new float[4];
        _session.Forward([0, 5, 9, 2], [4], again);
        again.ShouldBe(_expected, "the session must answer as before");
        _session.Dispose();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(512)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void An_id_outside_the_vocabulary_is_named(int id)
    {
        var e = Should.Throw<InvalidBatchException>(() => _session.Forward([0, id, 2], [3], new float[4]));
        e.Where.ShouldBe("tokenIds[1]");
        e.Expected.ShouldBe("0 to 511");
        e.Found.ShouldBe(id.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(65)]
    public void A_length_of_zero_below_or_above_the_longest_is_named(int length)
    {
        // RoBERTa's 66 positions serve 64 tokens, because the first two rows are never used.
        var e = Should.Throw<InvalidBatchException>(() => _session.Forward(new int[Math.Max(length, 0) + 1], [1, length], new float[8]));
        e.Where.ShouldBe("sequenceLengths[1]");
        e.Expected.ShouldBe("1 to 64 tokens");
    }

    [Fact]
    public void The_longest_sequence_runs() => _session.Forward(Enumerable.Repeat(7, 64).ToArray(), [64], new float[4]);

    [Fact]
    public void An_empty_batch_is_refused() =>
        Should.Throw<InvalidBatchException>(() => _session.Forward([], [], [])).Where.ShouldBe("sequenceLengths");

    [Theory]
    [InlineData(3, 4)]
    [InlineData(5, 4)]
    public void Ids_that_are_not_the_sum_of_the_lengths_are_refused(int ids, int sum)
    {
        var e = Should.Throw<InvalidBatchException>(() => _session.Forward(new int[ids], [sum], new float[4]));
        e.Where.ShouldBe("tokenIds");
        e.Found.ShouldBe($"{ids}");
    }

    [Fact]
    public void Lengths_whose_sum_overflows_are_refused() =>
        Should.Throw<InvalidBatchException>(() => _session.Forward([1], [int.MaxValue, int.MaxValue], new float[8]));

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void An_output_of_another_size_is_refused(int size) =>
        Should.Throw<InvalidBatchException>(() => _session.Forward([0, 2], [2], new float[size])).Where.ShouldBe("output");

    [Fact]
    public void A_hidden_state_of_another_size_is_refused() =>
        Should.Throw<InvalidBatchException>(() => _session.Forward([0, 2], [], [2], new float[4], new float[96])).Where.ShouldBe("hiddenState");

    [Fact]
    public void A_token_type_that_the_model_lacks_is_named() =>
        Should.Throw<InvalidBatchException>(() => _session.Forward([0, 2], [0, 1], [2], new float[4])).Where.ShouldBe("tokenTypes[1]");

    [Fact]
    public void Token_types_of_another_count_are_refused() =>
        Should.Throw<InvalidBatchException>(() => _session.Forward([0, 2], [0], [2], new float[4])).Where.ShouldBe("tokenTypes");

    [Fact]
    public void A_batch_above_the_largest_bucket_is_refused()
    {
        var e = Should.Throw<BatchTooLargeException>(() => _session.Forward(new int[129], [64, 64, 1], new float[12]));
        e.Tokens.ShouldBe(129);
        e.LargestBucket.ShouldBe(128);
    }

    [Fact]
    public void A_batch_of_exactly_the_largest_bucket_runs() => _session.Forward(new int[128], [64, 64], new float[8]);

    [Fact]
    public void Text_without_a_tokenizer_names_the_folder() =>
        Should.Throw<ModelCompiler.Runtime.Text.TokenizerException>(() => _session.Classify(["text"])).Path.ShouldBe(ModelFixtures.TinyRoberta);

    [Fact]
    public void A_method_of_another_head_says_which_head_it_needs() =>
        Should.Throw<InvalidOperationException>(() => _session.Embed(["text"])).Message.ShouldContain("MeanEmbedding");
}

using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu;

namespace ModelCompiler.Runtime.Tests.Cpu;

public sealed class CpuExecutorInputTests : IDisposable
{
    private static readonly EncoderModel s_model = Encoders.TinyBert;
    private readonly CpuWeights _weights = CpuWeights.Bind(Planner.Plan(s_model, Encoders.Schemes["w8a8"]), new RandomWeights());
    private readonly CpuExecutor _executor;

    public CpuExecutorInputTests() => _executor = new(_weights, new() { Threads = 2, MaxSequence = 30 });

    public void Dispose()
    {
        _executor.Dispose();
        _weights.Dispose();
    }

    [Fact]
    public void A_negative_id_is_named() => Rejects([1, 2, -1], [3], [], "tokenIds[2]", "0 to 511", "-1");

    [Fact]
    public void An_id_of_the_vocabulary_size_is_named() => Rejects([1, 512, 3], [1, 2], [], "tokenIds[1]", "0 to 511", "512");

    [Fact]
    public void An_empty_batch_is_refused() => Rejects([], [], [], "sequenceLengths", "at least one sequence", "none");

    [Fact]
    public void An_empty_sequence_is_named() => Rejects([1, 2], [2, 0], [], "sequenceLengths[1]", "1 to 30 tokens", "0");

    [Fact]
    public void A_sequence_above_the_limit_is_named() => Rejects(new int[31], [31], [], "sequenceLengths[0]", "1 to 30 tokens", "31");

    [Fact]
    public void A_negative_length_is_named() => Rejects([1, 2], [3, -1], [], "sequenceLengths[1]", "1 to 30 tokens", "-1");

    [Fact]
    public void Lengths_that_do_not_add_up_are_refused() => Rejects([1, 2, 3], [1, 1], [], "tokenIds", "2 ids", "3");

    [Fact]
    public void Too_few_token_types_are_refused() => Rejects([1, 2, 3], [3], [0, 0], "tokenTypes", "3 types", "2");

    [Fact]
    public void An_unknown_token_type_is_named() => Rejects([1, 2, 3], [3], [0, 2, 0], "tokenTypes[1]", "0 to 1", "2");

    [Theory]
    [InlineData(127)]
    [InlineData(129)]
    public void Too_little_or_too_much_room_for_the_output_is_refused(int size)
    {
        var exception = Should.Throw<InvalidBatchException>(() => _executor.Run([1, 2], [2], [], new float[size]));
        exception.Where.ShouldBe("output");
        exception.Expected.ShouldContain("128");
        exception.Found.ShouldBe($"{size}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(257)]
    public void Too_little_or_too_much_room_for_the_hidden_state_is_refused(int size)
    {
        var exception = Should.Throw<InvalidBatchException>(() => _executor.Run([1, 2], [2], [], new float[128], new float[size]));
        exception.Where.ShouldBe("hiddenState");
        exception.Expected.ShouldContain("256");
        exception.Found.ShouldBe($"{size}");
    }

    [Fact]
    public void Token_types_left_out_are_zeros()
    {
        float[] with = new float[128], without = new float[128];
        _executor.Run([1, 2, 3], [3], [0, 0, 0], with);
        _executor.Run([1, 2, 3], [3], [], without);
        without.ShouldBe(with);
    }

    [Fact]
    public void The_longest_sequence_is_taken()
    {
        float[] output = new float[128];
        _executor.Run(new int[30], [30], [], output);
        output.ShouldAllBe(v => float.IsFinite(v));
    }

    [Fact]
    public void A_limit_above_the_position_table_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new CpuExecutor(_weights, new() { MaxSequence = 65 }));

    [Fact]
    public void A_disposed_executor_says_so()
    {
        var executor = new CpuExecutor(_weights);
        executor.Dispose();
        executor.Dispose();
        Should.Throw<ObjectDisposedException>(() => executor.Run([1], [1], [], new float[128]));
    }

    private void Rejects(int[] ids, int[] lengths, int[] types, string where, string expected, string found)
    {
        float[] before = new float[128], after = new float[128], output = Enumerable.Repeat(7f, 4096).ToArray();
        _executor.Run([5, 6, 7], [3], [], before);
        var exception = Should.Throw<InvalidBatchException>(() => _executor.Run(ids, lengths, types, output));
        exception.Where.ShouldBe(where);
        exception.Expected.ShouldContain(expected);
        exception.Found.ShouldBe(found);
        exception.Message.ShouldContain(where);
        output.ShouldAllBe(v => v == 7f);
        _executor.Run([5, 6, 7], [3], [], after);
        after.ShouldBe(before);
    }
}

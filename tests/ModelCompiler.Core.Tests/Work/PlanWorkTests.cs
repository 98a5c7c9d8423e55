using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Work;

namespace ModelCompiler.Core.Tests.Work;

/// <summary>Counts of BERT-base (H = 768, I = 3072, 12 heads, 12 layers, 2 labels) against figures worked out by hand.</summary>
public class PlanWorkTests
{
    private static readonly BatchShape Batch = new(8, 128); // 1024 tokens

    private static OpWork Op(string name, QuantizationScheme scheme, GpuArch arch = GpuArch.Sm90a, BatchShape? batch = null)
    {
        ExecutionPlan plan = Planner.Plan(Models.BertBase, scheme);
        return PlanWork.Count(plan, arch, batch ?? Batch)[plan.Ops.ToList().FindIndex(op => op.Name == name)];
    }

    [Fact]
    public void Qkv_of_W4A4_on_Hopper_reads_codes_in_bytes()
    {
        OpWork qkv = Op("layer0.qkv", Models.W4A4);
        qkv.ShouldBe(new OpWork(
            IntegerMultiplyAdds: 1_811_939_328, // 1024 · 2304 · 768
            HalfMultiplyAdds: 0,
            FloatMultiplyAdds: 0,
            WeightBytes: 903_168, // 2304 · 768 / 2 codes + 2304 · 4 scales + 2304 · 4 bias
            ReadBytes: 798_720, // 1024 · (768 + 12)
            WrittenBytes: 4_718_592)); // 1024 · 2304 · 2
    }

    [Fact]
    public void Codes_are_packed_where_tensor_cores_multiply_INT4() =>
        Op("layer0.qkv", Models.W4A4, GpuArch.Sm80).ReadBytes.ShouldBe(405_504); // 1024 · (384 + 12)

    [Fact]
    public void Codes_within_the_MLP_of_many_tokens_are_packed_on_Hopper_too()
    {
        var batch = new BatchShape(32, 128);
        Op("layer0.mlp_intermediate", Models.W4A4, batch: batch).WrittenBytes.ShouldBe(6_340_608); // 4096 · (3072 / 2 + 12)
        Op("layer0.mlp_output", Models.W4A4, batch: batch).ReadBytes.ShouldBe(12_632_064); // the same, and 4096 · 768 · 2 of the residual
        Op("layer0.mlp_intermediate", Models.Scheme(8, 8), batch: batch).WrittenBytes.ShouldBe(12_632_064); // 4096 · (3072 + 12)
    }

    [Fact]
    public void Attention_multiplies_in_FP16_within_each_sequence()
    {
        OpWork attention = Op("layer3.attention", Models.W4A4);
        attention.ShouldBe(new OpWork(
            IntegerMultiplyAdds: 0,
            HalfMultiplyAdds: 201_326_592, // 8 sequences · 12 heads · 2 · 128² · 64
            FloatMultiplyAdds: 0,
            WeightBytes: 0,
            ReadBytes: 4_718_592, // 1024 · 2304 · 2
            WrittenBytes: 798_720)); // 1024 · (768 + 12)
    }

    [Fact]
    public void Attention_output_reads_the_residual_and_writes_it_again_with_its_codes()
    {
        OpWork output = Op("layer0.attention_output", Models.Scheme(8, 8));
        output.IntegerMultiplyAdds.ShouldBe(603_979_776); // 1024 · 768²
        output.WeightBytes.ShouldBe(602_112); // 768² codes + 768 · 4 scales + 768 · 4 bias + 2 · 768 · 4 norm
        output.ReadBytes.ShouldBe(2_371_584); // 1024 · (780 codes + 1536 residual)
        output.WrittenBytes.ShouldBe(2_371_584); // the same of the output
    }

    [Fact]
    public void Groups_and_minima_count_as_weights()
    {
        long codes = 3072 * 768 / 2, bias = 3072 * 4;
        Op("layer0.mlp_intermediate", Models.Scheme(4, 8, group: 64)).WeightBytes.ShouldBe(codes + bias + 3072 * 12 * 4);
        // Scales, minima, and the sums that a token's minimum is multiplied by.
        Op("layer0.mlp_intermediate", Models.Scheme(4, 4, Symmetry.Asymmetric)).WeightBytes.ShouldBe(codes + bias + 3 * 3072 * 4);
    }

    [Fact]
    public void Sparse_weights_count_by_the_half_that_can_be_other_than_zero()
    {
        var sparse = QuantizationScheme.Uniform(new(
            new(8, Symmetry.Symmetric, 0, Sparsity.TwoOfFour), new(8, Symmetry.Symmetric, ActivationRange.PerToken)));
        OpWork qkv = Op("layer0.qkv", sparse);
        qkv.IntegerMultiplyAdds.ShouldBe(905_969_664); // 1024 · 2304 · 384
        qkv.WeightBytes.ShouldBe(1_124_352); // 2304 · 384 · 10 bits + 2304 · 4 scales + 2304 · 4 bias
    }

    [Fact]
    public void FP16_moves_the_products_and_no_metadata()
    {
        OpWork output = Op("layer11.mlp_output", QuantizationScheme.Float16);
        output.IntegerMultiplyAdds.ShouldBe(0);
        output.HalfMultiplyAdds.ShouldBe(2_415_919_104); // 1024 · 768 · 3072
        output.WeightBytes.ShouldBe(4_727_808); // 768 · 3072 · 2 + 768 · 4 bias + 2 · 768 · 4 norm
        output.ReadBytes.ShouldBe(7_864_320); // 1024 · (3072 + 768) · 2
        output.WrittenBytes.ShouldBe(1_572_864); // 1024 · 768 · 2
    }

    [Fact]
    public void A_pass_is_the_sum_of_its_layers_embedding_and_head()
    {
        ExecutionPlan plan = Planner.Plan(Models.BertBase, Models.W4A4);
        OpWork total = PlanWork.Total(plan, GpuArch.Sm90a, Batch);
        total.IntegerMultiplyAdds.ShouldBe(86_973_087_744); // 12 · 1024 · 768 · (3 · 768 + 768 + 2 · 3072)
        total.HalfMultiplyAdds.ShouldBe(12 * 201_326_592L);
        total.FloatMultiplyAdds.ShouldBe(4_730_880); // 8 rows · (768² + 2 · 768)
    }

    [Fact]
    public void The_head_reads_a_row_a_sequence()
    {
        Op("pool", Models.W4A4).ShouldBe(new OpWork { ReadBytes = 8 * 1536, WrittenBytes = 8 * 1536 });
        Op("classifier", Models.W4A4).WrittenBytes.ShouldBe(8 * 2 * 4);
    }

    [Fact]
    public void Embedding_reads_a_word_row_a_token_and_the_other_tables_once() =>
        Op("embedding", QuantizationScheme.Float16).ShouldBe(new OpWork(
            0, 0, 0,
            WeightBytes: 1_778_688, // (1024 + 128 + 2) · 768 · 2 + 2 · 768 · 4 norm
            ReadBytes: 8192, // ids and token types
            WrittenBytes: 1_572_864));
}

using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Planning;

public class PlannerTests
{
    [Fact]
    public void A_layer_is_five_fused_ops()
    {
        ExecutionPlan plan = Planner.Plan(Models.BertBase, Models.W4A4);

        plan.Ops.Count(op => op.Name.StartsWith("layer3.")).ShouldBe(5);
        plan.Ops.Count.ShouldBe(1 + 12 * 5 + 3);
    }

    [Fact]
    public void Every_buffer_is_written_once_before_it_is_read()
    {
        foreach (QuantizationScheme scheme in new[] { QuantizationScheme.Float16, Models.W4A4, Models.Scheme(4, 16) })
        {
            ExecutionPlan plan = Planner.Plan(Models.Small, scheme);
            var written = new HashSet<int>();
            foreach (PlanOp op in plan.Ops)
            {
                if (op.Input is { } input)
                    written.ShouldContain(input, op.Name);
                foreach (ResidualStep residual in op.Epilogue.OfType<ResidualStep>())
                    written.ShouldContain(residual.Buffer, op.Name);
                foreach (int output in op.Epilogue.OfType<StoreStep>().Select(s => s.Buffer).Concat(op.Epilogue.OfType<QuantizeStep>().Select(s => s.Buffer)))
                    written.Add(output).ShouldBeTrue($"{op.Name} writes buffer {output} a second time");
            }

            written.Count.ShouldBe(plan.Buffers.Count);
        }
    }

    [Fact]
    public void Lifetimes_span_from_the_write_to_the_last_read()
    {
        ExecutionPlan plan = Planner.Plan(Models.Small, Models.W4A4);
        for (int i = 0; i < plan.Ops.Count; i++)
        {
            if (plan.Ops[i].Input is { } input)
                plan.Buffers[input].LastOp.ShouldBeGreaterThanOrEqualTo(i);
        }

        foreach (PlanBuffer buffer in plan.Buffers)
            buffer.LastOp.ShouldBeGreaterThanOrEqualTo(buffer.FirstOp, buffer.Name);
        plan.Buffers[plan.Output].LastOp.ShouldBe(plan.Ops.Count - 1);
        plan.Buffers[plan.HiddenState].LastOp.ShouldBe(plan.Ops.Count - 1);
    }

    [Fact]
    public void Each_part_reads_activations_in_its_own_format()
    {
        QuantizationScheme scheme = Models.W4A4 with
        {
            MlpOutput = new(new(8, Symmetry.Symmetric, 0), new(8, Symmetry.Asymmetric, ActivationRange.Static)),
            AttentionOutput = LinearPrecision.Float16,
        };
        ExecutionPlan plan = Planner.Plan(Models.Small, scheme);

        foreach (LinearOp op in plan.Ops.OfType<LinearOp>())
        {
            op.Precision.ShouldBe(scheme[op.Part]);
            PlanBuffer input = plan.Buffers[op.Input!.Value];
            input.Format.ShouldBe(op.Precision.Activations);
            input.Element.ShouldBe(op.Precision.IsInteger ? BufferElement.Codes : BufferElement.Float16);
            input.Columns.ShouldBe(op.K);
        }
    }

    [Fact]
    public void A_quantize_step_names_the_linear_weight_that_reads_its_codes()
    {
        ExecutionPlan plan = Planner.Plan(Models.Small, Models.W4A4);
        foreach (QuantizeStep step in plan.Ops.SelectMany(op => op.Epilogue).OfType<QuantizeStep>())
            plan.Ops.OfType<LinearOp>().Single(op => op.Input == step.Buffer).Weight.ShouldBe(step.Consumer);
    }

    [Theory]
    [InlineData(EncoderHead.None, 0, RowDomain.Tokens, BufferElement.Float16)]
    [InlineData(EncoderHead.Pooler, 2, RowDomain.Sequences, BufferElement.Float32)]
    [InlineData(EncoderHead.SequenceClassifier, 3, RowDomain.Sequences, BufferElement.Float32)]
    [InlineData(EncoderHead.TokenClassifier, 1, RowDomain.Tokens, BufferElement.Float32)]
    [InlineData(EncoderHead.MeanEmbedding, 1, RowDomain.Sequences, BufferElement.Float32)]
    [InlineData(EncoderHead.ClsEmbedding, 1, RowDomain.Sequences, BufferElement.Float32)]
    public void Heads_end_in_their_own_ops(EncoderHead head, int ops, RowDomain rows, BufferElement element)
    {
        EncoderModel model = Models.Small with { Head = head };
        ExecutionPlan plan = Planner.Plan(model, QuantizationScheme.Float16);

        plan.Ops.Count.ShouldBe(1 + 4 * 5 + ops);
        PlanBuffer output = plan.Buffers[plan.Output];
        (output.Rows, output.Element, output.Columns).ShouldBe((rows, element, model.OutputColumns));
    }

    [Fact]
    public void Distilbert_classifies_behind_a_relu_and_reads_no_token_types()
    {
        EncoderModel model = Models.Small with { Family = EncoderFamily.DistilBert, TokenTypes = 0 };
        ExecutionPlan plan = Planner.Plan(model, QuantizationScheme.Float16);

        plan.Ops.OfType<EmbeddingOp>().Single().HasTokenTypes.ShouldBeFalse();
        plan.Ops.OfType<DenseOp>().First().Epilogue.ShouldContain(new ActivationStep(ActivationFunction.Relu));
        CheckpointNames.Modules(model, new(WeightRole.HeadDense))[0].ShouldBe("pre_classifier");
    }

    [Fact]
    public void Only_embedding_heads_are_normalized()
    {
        PoolOp Pool(EncoderHead head) => Planner
            .Plan(Models.Small with { Head = head, NormalizeEmbedding = true }, QuantizationScheme.Float16).Ops.OfType<PoolOp>().Single();

        Pool(EncoderHead.MeanEmbedding).Normalize.ShouldBeTrue();
        Pool(EncoderHead.ClsEmbedding).Normalize.ShouldBeTrue();
        Pool(EncoderHead.SequenceClassifier).Normalize.ShouldBeFalse();
    }

    [Fact]
    public void Equal_arguments_give_equal_plans_with_equal_text()
    {
        ExecutionPlan first = Planner.Plan(Models.BertBase, Models.W4A4), second = Planner.Plan(Models.BertBase with { }, Models.W4A4);
        first.ShouldBe(second);
        first.ToString().ShouldBe(second.ToString());
    }
}

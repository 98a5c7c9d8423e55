namespace ModelCompiler.Torch.Tests;

/// <summary>The gradient of every differentiable operation against central differences in double.</summary>
public sealed class GradientTests : LeakCheck
{
    private const double Step = 1e-6;
    private static readonly long[] s_last = [-1], s_both = [0, 2];

    /// <summary>Name, shapes of the operands, and a function of them.</summary>
    private static readonly (string Name, long[][] Shapes, Func<Tensor[], Tensor> Function)[] s_operations =
    [
        One("abs", x => x.abs()), One("cos", x => x.cos()), One("erf", x => x.erf()), One("exp", x => x.exp()),
        One("log", x => x.abs().log()), One("neg", x => -x), One("reciprocal", x => x.abs().add(0.5).reciprocal()), One("relu", x => x.relu()),
        One("rsqrt", x => x.abs().rsqrt()), One("sigmoid", x => x.sigmoid()), One("sin", x => x.sin()), One("sqrt", x => x.abs().sqrt()),
        One("tanh", x => x.tanh()), One("torch.tanh", torch.tanh), One("pow scalar", x => x.pow(3)),
        One("add scalar", x => x.add(2.5)), One("sub scalar", x => x - 2.5), One("mul scalar", x => x * 2.5), One("div scalar", x => x / 2.5),
        Two("add", (x, y) => x + y), Two("sub", (x, y) => x - y), Two("mul", (x, y) => x * y), Two("div", (x, y) => x / y.abs()),
        Two("pow", (x, y) => x.abs().pow(y)), Two("maximum", torch.maximum), Two("minimum", torch.minimum),
        Two("where", (x, y) => torch.where(x.gt(0.0), x, y)),
        One("clamp", x => x.clamp(-1.0, 1.0)), One("clamp_min", x => x.clamp_min(-0.5)), One("clamp_max", x => x.clamp_max(0.5)),
        One("masked_fill", x => x.masked_fill(x.gt(1.0), 7)),
        One("sum", x => x.sum()), One("sum dim", x => x.sum(-1)), One("sum dims", x => x.sum(s_both, keepdim: true)),
        One("mean", x => x.mean()), One("mean dim", x => x.mean(1)), One("mean dims", x => x.mean(s_both)),
        One("max", x => x.max()), One("min", x => x.min()), One("amax", x => x.amax(s_last, keepdim: true)), One("amin", x => x.amin(s_last)),
        One("norm", x => x.norm()), One("topk", x => x.topk(2).values),
        One("view", x => x.view(6, 4).mul(x.view(6, 4))), One("reshape", x => x.transpose(0, 1).reshape(24)), One("expand", x => x.sum().view(1, 1).expand(2, 3)),
        One("permute", x => x.permute(2, 0, 1).mul(2)), One("transpose", x => x.transpose(1, 2).tanh()), One("narrow", x => x.narrow(2, 1, 2)),
        One("select", x => x.select(1, 2)), One("unsqueeze", x => x.unsqueeze(1)), One("squeeze", x => x.narrow(0, 0, 1).squeeze(0)),
        One("contiguous", x => x.transpose(0, 2).contiguous()), One("clone", x => x.clone()),
        One("gather", x => x.gather(2, Index(2, 3, 2))), One("index_select", x => x.index_select(2, torch.tensor([3L, 0, 3], [3L]))),
        new("scatter", [[2, 3, 4], [2, 3, 2]], v => v[0].scatter(2, Index(2, 3, 2), v[1])),
        Two("cat", (x, y) => torch.cat([x, y], 1)), Two("stack", (x, y) => torch.stack([x, y], 1)),
        One("to_type", x => x.to_type(torch.float64)),
        new("matmul", [[2, 3, 4], [4, 5]], v => torch.matmul(v[0], v[1])), new("linear", [[2, 4], [3, 4], [3]], v => torch.nn.functional.linear(v[0], v[1], v[2])),
        new("linear without bias", [[2, 4], [3, 4]], v => torch.nn.functional.linear(v[0], v[1])),
        One("softmax", x => torch.nn.functional.softmax(x, -1)), One("log_softmax", x => torch.nn.functional.log_softmax(x, 1)),
        One("gelu", torch.nn.functional.gelu), One("functional.relu", torch.nn.functional.relu),
        One("dropout, not training", x => torch.nn.functional.dropout(x, 0.5, training: false)),
        new("layer_norm", [[2, 3, 4], [4], [4]], v => torch.nn.functional.layer_norm(v[0], [4], v[1], v[2], 1e-5)),
        new("embedding", [[5, 3]], v => torch.nn.functional.embedding(torch.tensor([1L, 4, 1], [3L]), v[0])),
        Two("mse_loss", (x, y) => torch.nn.functional.mse_loss(x, y)),
        Two("kl_div", (x, y) => torch.nn.functional.kl_div(x.log_softmax(-1), y.log_softmax(-1), log_target: true, torch.nn.Reduction.Sum)),
        new("cross_entropy", [[3, 4]], v => torch.nn.functional.cross_entropy(v[0], torch.tensor([2L, 0, 3], [3L]), label_smoothing: 0.1)),
    ];

    public static TheoryData<string> Names => [.. s_operations.Select(o => o.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradient_is_the_central_difference(string name)
    {
        (_, long[][] shapes, Func<Tensor[], Tensor> function) = s_operations.Single(o => o.Name == name);
        Tensor[] operands = [.. shapes.Select((shape, i) => Random(i + 1, shape).requires_grad_())];
        Tensor result = function(operands);
        Tensor weights = Random(99, result.shape);
        result.mul(weights).sum().backward();

        for (int operand = 0; operand < operands.Length; operand++)
        {
            double[] gradient = operands[operand].grad!.data<double>().ToArray();
            double[] values = operands[operand].detach().data<double>().ToArray();
            for (int i = 0; i < values.Length; i++)
            {
                double difference = (At(operand, i, values, Step) - At(operand, i, values, -Step)) / (2 * Step);
                gradient[i].ShouldBe(difference, 1e-6 * Math.Max(1, Math.Abs(difference)), $"operand {operand}, element {i}");
            }
        }

        double At(int operand, int element, double[] values, double by)
        {
            using var scope = torch.NewDisposeScope();
            using var still = torch.no_grad();
            double[] moved = [.. values];
            moved[element] += by;
            Tensor[] at = [.. operands.Select((x, i) => i == operand ? Of(moved, x.shape) : x)];
            return function(at).mul(weights).sum().item<double>();
        }
    }

    private static (string, long[][], Func<Tensor[], Tensor>) One(string name, Func<Tensor, Tensor> function) => (name, [[2, 3, 4]], v => function(v[0]));

    private static (string, long[][], Func<Tensor[], Tensor>) Two(string name, Func<Tensor, Tensor, Tensor> function) =>
        (name, [[2, 3, 4], [2, 3, 4]], v => function(v[0], v[1]));

    private static Tensor Index(params long[] shape)
    {
        long count = shape.Aggregate(1L, (a, b) => a * b);
        return torch.tensor([.. Enumerable.Range(0, (int)count).Select(i => (long)(i % 2 == 0 ? i % 4 : (i + 2) % 4))], shape);
    }
}

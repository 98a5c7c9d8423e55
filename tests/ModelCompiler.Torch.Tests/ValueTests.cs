namespace ModelCompiler.Torch.Tests;

/// <summary>Values of every operation against the same formula in C#.</summary>
public sealed class ValueTests : LeakCheck
{
    private static readonly double[] s_x = [-1.5, 0.25, 2.5, -0.5], s_y = [2, -0.75, 0.5, -0.5];

    private static readonly (string Name, Func<Tensor, Tensor> Operation, Func<double, double> Formula)[] s_unary =
    [
        ("abs", x => x.abs(), Math.Abs), ("ceil", x => x.ceil(), Math.Ceiling), ("cos", x => x.cos(), Math.Cos), ("exp", x => x.exp(), Math.Exp),
        ("floor", x => x.floor(), Math.Floor), ("log", x => x.abs().log(), x => Math.Log(Math.Abs(x))), ("neg", x => -x, x => -x),
        ("reciprocal", x => x.reciprocal(), x => 1 / x), ("relu", x => x.relu(), x => Math.Max(x, 0)), ("round to even", x => x.round(), x => Math.Round(x, MidpointRounding.ToEven)),
        ("rsqrt", x => x.abs().rsqrt(), x => 1 / Math.Sqrt(Math.Abs(x))), ("sigmoid", x => x.sigmoid(), x => 1 / (1 + Math.Exp(-x))), ("sign", x => x.sign(), x => Math.Sign(x)),
        ("sin", x => x.sin(), Math.Sin), ("sqrt", x => x.abs().sqrt(), x => Math.Sqrt(Math.Abs(x))), ("tanh", x => x.tanh(), Math.Tanh),
        ("clamp", x => x.clamp(-1.0, 1.0), x => Math.Clamp(x, -1, 1)), ("clamp_min", x => x.clamp_min(0.0), x => Math.Max(x, 0)), ("clamp_max", x => x.clamp_max(0.0), x => Math.Min(x, 0)),
        ("add_", x => x.clone().add_(2.5), x => x + 2.5), ("sub_", x => x.clone().sub_(2.5), x => x - 2.5), ("mul_", x => x.clone().mul_(2.5), x => x * 2.5), ("div_", x => x.clone().div_(2.5), x => x / 2.5),
        ("zero_", x => x.clone().zero_(), _ => 0), ("fill_", x => x.clone().fill_(7), _ => 7), ("masked_fill", x => x.masked_fill(x.gt(0.0), 9.0), x => x > 0 ? 9 : x),
        ("isinf", x => x.div(0.0).isinf().to_type(torch.float64), _ => 1), ("isnan", x => x.isnan().to_type(torch.float64), _ => 0), ("isfinite", x => x.isfinite().to_type(torch.float64), _ => 1),
        ("logical_not", x => x.gt(0.0).logical_not().to_type(torch.float64), x => x > 0 ? 0 : 1), ("pow scalar", x => x.pow(2), x => x * x),
    ];

    private static readonly (string Name, Func<Tensor, Tensor, Tensor> Operation, Func<double, double, double> Formula)[] s_binary =
    [
        ("add", (x, y) => x + y, (x, y) => x + y), ("sub", (x, y) => x - y, (x, y) => x - y), ("mul", (x, y) => x * y, (x, y) => x * y), ("div", (x, y) => x / y, (x, y) => x / y),
        ("add_", (x, y) => x.clone().add_(y), (x, y) => x + y), ("add_ scaled", (x, y) => x.clone().add_(y, 3), (x, y) => x + 3 * y),
        ("sub_", (x, y) => x.clone().sub_(y), (x, y) => x - y), ("mul_", (x, y) => x.clone().mul_(y), (x, y) => x * y), ("div_", (x, y) => x.clone().div_(y), (x, y) => x / y),
        ("copy_", (x, y) => x.clone().copy_(y), (_, y) => y), ("addcmul_", (x, y) => x.clone().addcmul_(y, y, 0.5), (x, y) => x + 0.5 * y * y),
        ("addcdiv_", (x, y) => x.clone().addcdiv_(x, y, 0.5), (x, y) => x + 0.5 * x / y), ("maximum", torch.maximum, Math.Max), ("minimum", torch.minimum, Math.Min),
        ("eq", (x, y) => Real(x.eq(y)), (x, y) => x == y ? 1 : 0), ("ne", (x, y) => Real(x.ne(y)), (x, y) => x != y ? 1 : 0), ("lt", (x, y) => Real(x.lt(y)), (x, y) => x < y ? 1 : 0),
        ("le", (x, y) => Real(x.le(y)), (x, y) => x <= y ? 1 : 0), ("gt", (x, y) => Real(x.gt(y)), (x, y) => x > y ? 1 : 0), ("ge", (x, y) => Real(x.ge(y)), (x, y) => x >= y ? 1 : 0),
        ("pow", (x, y) => x.abs().pow(y), (x, y) => Math.Pow(Math.Abs(x), y)), ("where", (x, y) => torch.where(x.lt(y), x, y), Math.Min),
    ];

    public static TheoryData<string> Unary => [.. s_unary.Select(o => o.Name)];

    public static TheoryData<string> Binary => [.. s_binary.Select(o => o.Name)];

    [Theory]
    [MemberData(nameof(Unary))]
    public void Functions_of_one(string name)
    {
        (_, Func<Tensor, Tensor> operation, Func<double, double> formula) = s_unary.Single(o => o.Name == name);
        Close(operation(Of(s_x, 4)), [.. s_x.Select(formula)]);
    }

    [Theory]
    [MemberData(nameof(Binary))]
    public void Functions_of_two(string name)
    {
        (_, Func<Tensor, Tensor, Tensor> operation, Func<double, double, double> formula) = s_binary.Single(o => o.Name == name);
        Close(operation(Of(s_x, 2, 2), Of(s_y, 2, 2)), [.. s_x.Zip(s_y, formula)]);
    }

    [Fact]
    public void Reductions()
    {
        Tensor x = Of([1, 5, 3, -2, 0, 4], 2, 3);
        Close(x.sum(), [11]);
        Close(x.sum(1), [9, 2]);
        Close(x.sum([0L], keepdim: true), [-1, 5, 7]);
        Close(x.mean(), [11 / 6.0]);
        Close(x.mean(1), [3, 2 / 3.0]);
        Close(x.max(), [5]);
        Close(x.min(), [-2]);
        Close(x.amax([1L]), [5, 4]);
        Close(x.amin([0L]), [-2, 0, 3]);
        Close(x.norm(), [Math.Sqrt(55)]);
        x.argmax(1).data<long>().ToArray().ShouldBe([1, 2]);
        x.argmin(1).data<long>().ToArray().ShouldBe([0, 0]);
        x.gt(-3.0).all().item<bool>().ShouldBeTrue();
        x.gt(5.0).any().item<bool>().ShouldBeFalse();
        (Tensor values, Tensor places) = x.topk(2);
        Close(values, [5, 3, 4, 0]);
        places.data<long>().ToArray().ShouldBe([1, 2, 2, 1]);
    }

    [Fact]
    public void Shapes_and_indices()
    {
        Tensor x = torch.arange(0, 6, 1, torch.float64).view(2, 3);
        Close(x.transpose(0, 1), [0, 3, 1, 4, 2, 5]);
        Close(x.permute(1, 0).contiguous().view(6), [0, 3, 1, 4, 2, 5]);
        Close(x.narrow(1, 1, 2), [1, 2, 4, 5]);
        Close(x.select(0, 1), [3, 4, 5]);
        Close(x.index_select(1, torch.tensor([2L, 0], [2L])), [2, 0, 5, 3]);
        Close(x.gather(1, torch.tensor([2L, 0], [2L, 1L])), [2, 3]);
        Close(x.scatter(1, torch.tensor([0L, 2], [2L, 1L]), Of([10, 20], 2, 1)), [10, 1, 2, 3, 4, 20]);
        Close(torch.cat([x, x], 1), [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]);
        Close(torch.stack([x, x], 0).sum(0), [0, 2, 4, 6, 8, 10]);
        Close(x.unsqueeze(0).squeeze(0).reshape(3, 2), [0, 1, 2, 3, 4, 5]);
        Close(x.sum().view(1).expand(3), [15, 15, 15]);
        x.shape.ShouldBe([2, 3]);
        (x.numel(), x.dim(), x.size(-1), x.dtype, x.device.ToString()).ShouldBe((6, 2, 3, torch.float64, "cpu"));
        x.to_type(torch.int32).data<int>().ToArray().ShouldBe([0, 1, 2, 3, 4, 5]);
        x.to(torch.CPU).cpu().to(torch.float16).dtype.ShouldBe(torch.float16);
    }

    [Fact]
    public void Creation()
    {
        Close(torch.zeros([2L], torch.float64), [0, 0]);
        Close(torch.ones([2L], torch.float64), [1, 1]);
        Close(torch.full([2L], 2.5, torch.float64), [2.5, 2.5]);
        Close(torch.zeros_like(Of(s_x, 4)), [0, 0, 0, 0]);
        Close(torch.ones_like(Of(s_x, 4)), [1, 1, 1, 1]);
        torch.empty([3L, 2L]).shape.ShouldBe([3, 2]);
        torch.tensor([1f, 2f], [2L], torch.int64).data<long>().ToArray().ShouldBe([1, 2]);
        torch.tensor([true, false], [2L]).data<bool>().ToArray().ShouldBe([true, false]);
        torch.manual_seed(7);
        double[] normal = torch.randn([100_000L], torch.float64).data<double>().ToArray();
        normal.Average().ShouldBe(0, 0.02);
        normal.Average(v => v * v).ShouldBe(1, 0.03);
        torch.manual_seed(7);
        torch.randn([100_000L], torch.float64).data<double>().ToArray().ShouldBe(normal);
        torch.rand([1000L], torch.float64).data<double>().ToArray().ShouldAllBe(v => v >= 0 && v < 1);
    }

    [Fact]
    public void Products_and_losses()
    {
        Tensor a = Of([1, 2, 3, 4], 2, 2), b = Of([5, 6, 7, 8], 2, 2);
        Close(torch.matmul(a, b), [19, 22, 43, 50]);
        Close(torch.nn.functional.linear(a, b, Of([1, -1], 2)), [18, 22, 40, 52]);
        double e = Math.Exp(-1);
        Close(torch.nn.functional.softmax(a, -1), [e / (1 + e), 1 / (1 + e), e / (1 + e), 1 / (1 + e)]);
        Close(torch.nn.functional.log_softmax(a, 1), [-1 - Math.Log(1 + e), -Math.Log(1 + e), -1 - Math.Log(1 + e), -Math.Log(1 + e)]);
        Close(torch.nn.functional.gelu(Of([1], 1)), [0.841344746068543]); // Φ(1)
        Close(Of([1], 1).erf(), [0.842700792949715]);
        Close(torch.nn.functional.layer_norm(a, [2L], Of([2, 2], 2), Of([1, 1], 2), 0), [-1, 3, -1, 3]);
        Close(torch.nn.functional.embedding(torch.tensor([1L, 0], [2L]), a), [3, 4, 1, 2]);
        Close(torch.nn.functional.mse_loss(a, b), [16]);
        Close(torch.nn.functional.cross_entropy(a, torch.tensor([1L, 0], [2L])), [Math.Log(1 + e) + 0.5]);
        Tensor p = Of([Math.Log(0.25), Math.Log(0.75)], 1, 2), q = Of([Math.Log(0.5), Math.Log(0.5)], 1, 2);
        Close(torch.nn.functional.kl_div(p, q, log_target: true, torch.nn.Reduction.Sum), [0.5 * Math.Log(2) + 0.5 * Math.Log(2 / 3.0)]);
        torch.manual_seed(1);
        double[] dropped = torch.nn.functional.dropout(torch.ones([10_000L], torch.float64), 0.25).data<double>().ToArray();
        dropped.Distinct().Order().ShouldBe([0, 1 / 0.75]);
        dropped.Average().ShouldBe(1, 0.03);
    }

    private static Tensor Real(Tensor x) => x.to_type(torch.float64);

    private static void Close(Tensor found, double[] expected)
    {
        double[] values = found.data<double>().ToArray();
        values.Length.ShouldBe(expected.Length);
        for (int i = 0; i < values.Length; i++)
            values[i].ShouldBe(expected[i], 1e-12 * Math.Max(1, Math.Abs(expected[i])), $"element {i}");
    }
}

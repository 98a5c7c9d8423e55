using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Tests.Cpu;

/// <summary>The formulas of docs/numerics.md, step by step in scalar fp32; results must be bit-equal.</summary>
public sealed unsafe class LinearScalingTests
{
    private const int N = 24, K = 768;
    private readonly int[] _acc = new int[N];
    private readonly int[] _weightSums = new int[N];
    private readonly float[] _scale, _lo, _bias, _codeSum = new float[N], _y = new float[N];

    public LinearScalingTests()
    {
        var random = new Random(11);
        _scale = Rows.Random(random, N, 0.01f);
        _lo = Rows.Random(random, N, 0.2f);
        _bias = Rows.Random(random, N);
        for (int n = 0; n < N; n++)
        {
            _acc[n] = random.Next(-12_000_000, 12_000_000);
            _weightSums[n] = random.Next(-40_000, 40_000);
            _codeSum[n] = _scale[n] * (float)_weightSums[n];
        }
    }

    [Fact]
    public void Symmetric_by_symmetric()
    {
        fixed (int* acc = _acc)
        fixed (float* y = _y, s = _scale, c = _codeSum, lo = _lo, b = _bias)
            LinearScaling.Symmetric(acc, y, N, 0.037f, new(s, c, lo, b));
        Compare(n => MathF.FusedMultiplyAdd((float)_acc[n] * 0.037f, _scale[n], _bias[n]));
    }

    [Fact]
    public void Asymmetric_by_symmetric()
    {
        fixed (int* acc = _acc)
        fixed (float* y = _y, s = _scale, c = _codeSum, lo = _lo, b = _bias)
            LinearScaling.AsymmetricActivations(acc, y, N, 0.037f, -1.7f, new(s, c, lo, b));
        Compare(n => MathF.FusedMultiplyAdd((float)_acc[n] * 0.037f, _scale[n], _bias[n]) + -1.7f * (_scale[n] * (float)_weightSums[n]));
    }

    [Fact]
    public void Asymmetric_by_asymmetric()
    {
        const int ASum = 91_234;
        fixed (int* acc = _acc)
        fixed (float* y = _y, s = _scale, c = _codeSum, lo = _lo, b = _bias)
            LinearScaling.AsymmetricWeights(acc, y, N, 0.037f, -1.7f, ASum, K, new(s, c, lo, b));
        Compare(n => (float)_acc[n] * 0.037f * _scale[n] + _lo[n] * (0.037f * (float)ASum)
            + -1.7f * (_scale[n] * (float)_weightSums[n]) + (float)K * -1.7f * _lo[n] + _bias[n]);
    }

    [Fact]
    public void Groups_are_added_in_order_and_scaled_at_the_end()
    {
        fixed (int* acc = _acc, next = _weightSums)
        fixed (float* y = _y, s = _scale, c = _codeSum, lo = _lo, b = _bias)
        {
            LinearScaling.AddGroup(acc, y, N, s, null, 0);
            LinearScaling.AddGroup(next, y, N, lo, null, 0);
            LinearScaling.FinishGroups(y, N, 0.037f, 0, new(s, c, null, b));
        }

        Compare(n => MathF.FusedMultiplyAdd(0f + (float)_acc[n] * _scale[n] + (float)_weightSums[n] * _lo[n], 0.037f, _bias[n]));
    }

    [Fact]
    public void Floats_by_symmetric()
    {
        for (int n = 0; n < N; n++)
            _y[n] = 0.37f * (float)_acc[n];
        float[] sums = [.. _y];
        fixed (float* y = _y, s = _scale, b = _bias)
            LinearScaling.FloatActivations(y, N, s, b);
        Compare(n => MathF.FusedMultiplyAdd(sums[n], _scale[n], _bias[n]));
    }

    private void Compare(Func<int, float> expected)
    {
        for (int n = 0; n < N; n++)
            _y[n].ShouldBe(expected(n), $"column {n}");
    }
}

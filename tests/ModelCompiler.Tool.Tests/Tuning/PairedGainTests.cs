using ModelCompiler.Tool.Tuning;

namespace ModelCompiler.Tool.Tests.Tuning;

/// <summary>What counts as a gain over rounds that differ.</summary>
public sealed class PairedGainTests
{
    private const int Rounds = 11, Repeats = 2000;

    /// <summary>A standard deviation of a round's share is 2 %: the median of 11 has one of 0.75 %, and its interval reaches 2.5 % to either side.</summary>
    [Theory]
    [InlineData(0.0, 0.0, 0.01)]
    [InlineData(0.025, 0.35, 0.65)]
    [InlineData(0.06, 0.97, 1.0)]
    public void A_gain_is_real_beyond_the_interval_of_its_median(double gain, double fewest, double most)
    {
        var random = new Random(7);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double[] other = [.. Enumerable.Repeat(100.0, Rounds)];
        int real = Enumerable.Range(0, Repeats).Count(_ => PairedGain.Of([.. other.Select(o => o * (1 - gain - 0.02 * Normal()))], other).IsReal);
        ((double)real / Repeats).ShouldBeInRange(fewest, most);
    }

    [Fact]
    public void A_gain_of_less_than_three_thousandths_is_none() =>
        PairedGain.Of([99.71, 99.71, 99.71], [100, 100, 100]).IsReal.ShouldBeFalse();
}

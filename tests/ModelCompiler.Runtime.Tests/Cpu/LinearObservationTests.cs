using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu;
using ModelCompiler.Runtime.Cpu.Binding;

namespace ModelCompiler.Runtime.Tests.Cpu;

public sealed class LinearObservationTests
{
    [Theory]
    [InlineData("w8a8")]
    [InlineData("w8a8 asymmetric")]
    [InlineData("w4a4")]
    [InlineData("w4a4 asymmetric")]
    [InlineData("w4a8 group 64")]
    public void Accumulators_are_the_sums_of_the_codes(string name)
    {
        EncoderModel model = Encoders.Grouped;
        QuantizationScheme scheme = Encoders.Schemes[name];
        var observer = new SumChecker(scheme);
        Run(model, scheme, observer);
        observer.Seen.Count.ShouldBe(4 * model.Layers);
    }

    [Fact]
    public void Float_inputs_are_shown_to_calibration()
    {
        var observer = new RangeCollector();
        Run(Encoders.Grouped, QuantizationScheme.Float16, observer);
        observer.Ranges.Count.ShouldBe(4 * Encoders.Grouped.Layers);
        observer.Ranges.Values.ShouldAllBe(range => range.Min < range.Max);
    }

    private static void Run(EncoderModel model, QuantizationScheme scheme, ICpuObserver observer)
    {
        using CpuWeights weights = CpuWeights.Bind(Planner.Plan(model, scheme), new RandomWeights());
        using var executor = new CpuExecutor(weights, new() { Threads = 2 });
        (int[] ids, int[] lengths, int[] types) = Encoders.Batch(model, 2, 17, 5);
        float[] plain = new float[executor.OutputLength(22, 2)], observed = new float[plain.Length];
        executor.Run(ids, lengths, types, plain);
        executor.Observer = observer;
        executor.Run(ids, lengths, types, observed);
        observed.ShouldBe(plain);
    }

    private sealed class SumChecker(QuantizationScheme scheme) : ICpuObserver
    {
        public List<string> Seen { get; } = [];

        public void OnLinear(LinearObservation o)
        {
            Seen.Add(o.Op.Name);
            ActivationFormat format = scheme[o.Op.Part].Activations;
            int high = format.Symmetry == Symmetry.Asymmetric ? (1 << format.Bits) - 1 : (1 << (format.Bits - 1)) - 1;
            int low = format.Symmetry == Symmetry.Asymmetric ? 0 : -high - 1;
            short[] w = QuantizedMatrix.RoundToNearest(
                new RandomWeights().Matrix(o.Op.Weight, o.Op.N, o.Op.K), o.Op.K, o.Op.Precision.Weights).Codes;
            int group = o.Op.Precision.Weights.GroupSize is var g and > 0 ? g : o.Op.K;
            for (int row = 0; row < o.Tokens; row++)
            {
                ReadOnlySpan<short> codes = o.Codes.Slice(row * o.Op.K, o.Op.K);
                foreach (short code in codes)
                {
                    if (code < low || code > high)
                        ((int)code).ShouldBeInRange(low, high);
                }

                o.Scales[row].ShouldBeGreaterThan(0);
                for (int n = 0; n < o.Op.N; n++)
                {
                    for (int part = 0; part < o.Op.K / group; part++)
                    {
                        int sum = 0;
                        for (int k = part * group; k < (part + 1) * group; k++)
                            sum += codes[k] * w[n * o.Op.K + k];
                        int found = o.Accumulators[(part * o.Tokens + row) * o.Op.N + n];
                        if (found != sum)
                            found.ShouldBe(sum, $"{o.Op.Name} [{row}, {n}] group {part}");
                    }
                }
            }
        }
    }

    private sealed class RangeCollector : ICpuObserver
    {
        public Dictionary<PlanWeight, (float Min, float Max)> Ranges { get; } = [];

        public void OnLinear(LinearObservation o)
        {
            o.Input.Length.ShouldBe(o.Tokens * o.Op.K);
            float[] input = o.Input.ToArray();
            Ranges.Add(o.Op.Weight, (input.Min(), input.Max()));
        }
    }
}

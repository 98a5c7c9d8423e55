using ModelCompiler.Core;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Tool.Tuning;

/// <summary>A whole encoder with some kernels.</summary>
/// <param name="Subject">The encoder.</param>
/// <param name="Choices">Candidates in place of the rules' kernels.</param>
internal sealed record EncoderVariant(TuningSubject Subject, EquatableArray<KernelChoice> Choices)
{
    /// <summary>Different kernels of it in a bucket.</summary>
    public IEnumerable<KernelPlan> Kernels(int tokens) => Subject.Schedule(Subject.Plan, tokens, Choices).Launches.Select(l => l.Kernel).Distinct();

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Subject.ModelKey} {string.Join(" ", TuningStrategy.Texts(Subject.Plan.Scheme))} s{Subject.Sequence}"
        + string.Concat(Choices.Select(c => $", {c.Candidate} for {c.Work}"));
}

/// <summary>Names a measurement of encoders in the log.</summary>
/// <param name="Tokens">Bucket.</param>
/// <param name="Variants">Encoders and their choices, as text.</param>
/// <param name="Kernels">Versions of all their kernels.</param>
internal sealed record EncoderKey(int Tokens, string[] Variants, string[] Kernels)
{
    /// <inheritdoc/>
    public override string ToString() => $"whole encoders at {Tokens} tokens: {string.Join("; ", Variants)}";
}

/// <summary>Measures whole encoders.</summary>
internal interface IEncoderBench
{
    /// <summary>Takes the times of variants in turn, round after round.</summary>
    /// <param name="tokens">Bucket.</param>
    /// <param name="variants">Encoders.</param>
    /// <param name="rounds">Rounds.</param>
    /// <param name="measured">What is measured, for errors.</param>
    /// <returns>Microseconds of a replay, by variant and round.</returns>
    /// <exception cref="TuningInterruptedException">The GPU no longer works.</exception>
    double[][] Measure(int tokens, IReadOnlyList<EncoderVariant> variants, int rounds, string measured);
}

/// <summary>Takes from the log what an earlier run has measured, and notes what this one measures.</summary>
/// <param name="bench">Measures.</param>
/// <param name="log">The log.</param>
internal sealed class LoggedEncoderBench(IEncoderBench bench, TuningLog log)
{
    /// <summary>Times of variants as <see cref="IEncoderBench.Measure"/> takes them; null for what has ended runs.</summary>
    public double[][]? Measure(int tokens, IReadOnlyList<EncoderVariant> variants, int rounds)
    {
        var key = new EncoderKey(tokens, [.. variants.Select(v => v.ToString())], [.. KernelVersion.Of(variants.SelectMany(v => v.Kernels(tokens)))]);
        if (log.Find(key) is { } known)
            return known;
        if (log.HasEndedRuns(key.ToString()))
            return null;
        log.Begin(key);
        double[][] times = bench.Measure(tokens, variants, rounds, key.ToString());
        log.End(key, times);
        return times;
    }
}

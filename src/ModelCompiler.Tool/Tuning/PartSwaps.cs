using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Tuning;

/// <summary>A candidate for a part of every layer.</summary>
/// <param name="Candidate">Its token.</param>
/// <param name="Choices">
/// The works that it does: the last layer's output is stored in another way than those of the layers before, so it is a
/// work of its own, which the same candidate does where it can.
/// </param>
internal sealed record PartSwap(string Candidate, EquatableArray<KernelChoice> Choices);

/// <summary>What is worth trying in place of the rules' kernel for a part of every layer.</summary>
/// <param name="Part">Name of the part, of <see cref="EncoderParts"/>.</param>
/// <param name="RuleUs">Time of the rules' kernel by itself, microseconds.</param>
/// <param name="Swaps">Candidates, by themselves the fastest first.</param>
/// <param name="BestUs">Time of the first of them by itself.</param>
internal sealed record PartSwaps(string Part, double RuleUs, IReadOnlyList<PartSwap> Swaps, double BestUs)
{
    /// <summary>Candidates for a part.</summary>
    private const int Most = 6;

    /// <summary>By itself slower by a factor of this, a candidate is not worth a try.</summary>
    private const double Slowest = 1.15;

    /// <summary>Candidates of all parts of a bucket; that first which promises to save the most.</summary>
    public static IReadOnlyList<PartSwaps> Of(TuningSubject subject, int tokens, IReadOnlyDictionary<(string Work, int Tokens), WorkResult> results) =>
    [
        .. subject.Works(tokens)
            .GroupBy(w => EncoderParts.Of(subject.Plan.Ops[w.Op]))
            .Select(part => Of(subject.Arch, part.Key, [.. part.Select(w => results[(w.Work.Name, tokens)])]))
            .Where(part => part.Swaps.Count > 0)
            .OrderByDescending(part => part.RuleUs - part.BestUs),
    ];

    private static PartSwaps Of(GpuArch arch, string part, WorkResult[] works)
    {
        if (works[0].TimeOf(works[0].Rule) is not { } rule)
            return new(part, 0, [], 0);
        (string Candidate, CandidateOutcome.Measured Time)[] best =
        [
            .. works[0].Ranking.Where(r => r.Candidate != works[0].Rule && r.Time.MedianUs < rule.MedianUs * Slowest)
                .OrderBy(r => r.Time.MedianUs).Take(Most),
        ];
        return new(part, rule.MedianUs, [.. best.Select(b => new PartSwap(b.Candidate, Choices(b.Candidate)))], best.Length > 0 ? best[0].Time.MedianUs : 0);

        EquatableArray<KernelChoice> Choices(string candidate) => works
            .Where(w => w.Rule != candidate && w.TimeOf(candidate) is not null)
            .Select(w => new KernelChoice(arch, w.Tokens, w.Work, candidate)).ToEquatableArray();
    }
}

using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Sweeps;

/// <summary>A finished point of a grid.</summary>
/// <param name="Point">The point.</param>
/// <param name="Result">What its run ended with.</param>
public sealed record SweepResult(SweepPoint Point, TrainingResult Result);

/// <summary>Runs of a grid that differ in nothing but their seed.</summary>
/// <param name="Settings">Fields and values, without the seed.</param>
/// <param name="Runs">One for each seed that has a result, in the order of the grid.</param>
public sealed record SweepRow(IReadOnlyList<(string Field, string Value)> Settings, IReadOnlyList<TrainingResult> Runs)
{
    /// <summary>Field of the seed.</summary>
    public const string Seed = "seed";

    /// <summary>Field of the number of epochs.</summary>
    public const string Epochs = "training.epochs";

    /// <summary>Test accuracies in %.</summary>
    public IReadOnlyList<double> Test => [.. Runs.Select(r => r.TestAccuracy).OfType<double>().Select(share => 100 * share)];

    /// <summary>Value of a field; null where the grid does not have it.</summary>
    public string? this[string field] => Settings.Where(s => s.Field == field).Select(s => s.Value).FirstOrDefault();

    /// <summary>Groups results by all fields but the seed, in the order of the grid.</summary>
    public static IReadOnlyList<SweepRow> Of(IReadOnlyList<SweepResult> results) =>
    [
        .. results
            .GroupBy(r => string.Join(", ", SettingsOf(r).Select(s => $"{s.Field}={s.Value}")))
            .Select(group => new SweepRow([.. SettingsOf(group.First())], [.. group.Select(r => r.Result)])),
    ];

    private static IEnumerable<(string Field, string Value)> SettingsOf(SweepResult result) => result.Point.Settings.Where(s => s.Field != Seed);
}

using System.Text.Json;
using System.Text.Json.Serialization;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Reports;

/// <summary>What is asked of a shape: to be so many times faster than a peer, by the GPU's clock.</summary>
/// <param name="Model">Model.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Sequence">Tokens of each.</param>
/// <param name="Against">The peer.</param>
/// <param name="Precisions">Precisions and strategies that may be the faster; the fastest counts.</param>
/// <param name="Must">Least ratio.</param>
/// <param name="Goal">Ratio to aim at; null where there is none.</param>
public sealed record AcceptanceBar(
    string Model, int Batch, int Sequence, string Against, IReadOnlyList<string> Precisions, double Must, double? Goal = null)
{
    /// <summary>Model and shape.</summary>
    public ModelShape Shape => new(Model, Batch, Sequence);
}

/// <summary>How a bar was met.</summary>
public enum Verdict
{
    /// <summary>One of the two sides was not measured.</summary>
    NotMeasured,

    /// <summary>Below the least ratio.</summary>
    Missed,

    /// <summary>At least the least ratio, below the goal.</summary>
    Must,

    /// <summary>At least the goal; or the least ratio where there is no goal.</summary>
    Goal,
}

/// <summary>A bar beside what was measured.</summary>
/// <param name="Bar">The bar.</param>
/// <param name="Peer">The peer's time.</param>
/// <param name="Own">The time of the fastest precision that is allowed.</param>
public sealed record AcceptanceResult(AcceptanceBar Bar, LatencyRow? Peer, LatencyRow? Own)
{
    /// <summary>How many times faster; null where a side is missing.</summary>
    public double? Ratio => ResultsView.Ratio(Peer, Own);

    /// <summary>How the bar was met.</summary>
    public Verdict Verdict => Ratio is not { } ratio ? Verdict.NotMeasured
        : ratio < Bar.Must ? Verdict.Missed
        : ratio < (Bar.Goal ?? Bar.Must) ? Verdict.Must
        : Verdict.Goal;
}

/// <summary>A file of bars.</summary>
public static class AcceptanceBars
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads a file: an array of bars.</summary>
    /// <exception cref="ModelCompilerException">It is something else.</exception>
    public static IReadOnlyList<AcceptanceBar> Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<AcceptanceBar[]>(File.ReadAllText(path), Format) ?? [];
        }
        catch (JsonException exception)
        {
            throw new ModelCompilerException($"{path}: expected an array of bars, found something else: {exception.Message}", exception);
        }
    }

    /// <summary>Holds results against bars.</summary>
    public static IReadOnlyList<AcceptanceResult> Judge(IReadOnlyList<AcceptanceBar> bars, ResultsView view) =>
    [
        .. bars.Select(bar => new AcceptanceResult(
            bar, view.Peer(bar.Against, bar.Shape), view.Best(bar.Shape, bar.Precisions.Contains, Clocks.Replay))),
    ];
}

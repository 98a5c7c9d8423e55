using System.Globalization;
using System.Text;

namespace ModelCompiler.Tool.Benchmarking;

/// <summary>Times of one shape, end to end: from ids in host memory to results in host memory.</summary>
/// <param name="Batch">Sequences.</param>
/// <param name="Sequence">Tokens of each.</param>
/// <param name="Runs">Runs that were timed.</param>
/// <param name="MedianMs">Median.</param>
/// <param name="P90Ms">90 % of the runs took at most so long.</param>
/// <param name="P99Ms">99 %.</param>
/// <param name="MinimumMs">Shortest.</param>
/// <param name="TokensPerSecond">At the median.</param>
/// <param name="Kernels">Time by kernel, GPU only.</param>
public sealed record ShapeTimes(
    int Batch, int Sequence, int Runs, double MedianMs, double P90Ms, double P99Ms, double MinimumMs, double TokensPerSecond,
    IReadOnlyList<KernelTime> Kernels);

/// <summary>What a kernel takes in one batch, launched by itself instead of from the graph.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Launches">How often it runs.</param>
/// <param name="Microseconds">Median of a launch.</param>
public sealed record KernelTime(string Kernel, int Launches, double Microseconds);

/// <summary>The way to the first result, in milliseconds.</summary>
/// <param name="LoadMs">From the call of Load until a batch can run: checkpoint, kernels, weights, graphs.</param>
/// <param name="FirstResultMs">From the call of Load until the first result.</param>
/// <param name="ProcessMs">From the start of the process until the first result; .NET and modelc's own start are in it.</param>
public sealed record ColdStart(double LoadMs, double FirstResultMs, double ProcessMs);

/// <summary>A run of <c>modelc bench</c>.</summary>
/// <param name="Model">What was run.</param>
/// <param name="Scheme">Precision of its parts.</param>
/// <param name="Device">Device.</param>
/// <param name="Driver">CUDA version of the driver; null on the CPU.</param>
/// <param name="Commit">Commit of the sources, as the caller states it.</param>
/// <param name="Date">UTC.</param>
/// <param name="Command">Command line.</param>
/// <param name="ColdStart">How long the first result took.</param>
/// <param name="KernelOrigins">How many kernels came from where.</param>
/// <param name="Shapes">Times.</param>
public sealed record BenchReport(
    string Model, string Scheme, string Device, string? Driver, string? Commit, DateTime Date, string Command, ColdStart ColdStart,
    IReadOnlyDictionary<string, int> KernelOrigins, IReadOnlyList<ShapeTimes> Shapes)
{
    /// <summary>A line per shape under a line of names.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder("model,scheme,device,driver,commit,date,batch,sequence,runs,median_ms,p90_ms,p99_ms,minimum_ms,tokens_per_second\n");
        foreach (ShapeTimes s in Shapes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Quoted(Model)},{Quoted(Scheme)},{Quoted(Device)},{Driver},{Commit},{Date:O},{s.Batch},{s.Sequence},{s.Runs},");
            text.Append(CultureInfo.InvariantCulture, $"{s.MedianMs:0.0000},{s.P90Ms:0.0000},{s.P99Ms:0.0000},{s.MinimumMs:0.0000},{s.TokensPerSecond:0}\n");
        }

        return text.ToString();
    }

    private static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

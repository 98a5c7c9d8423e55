using System.CommandLine;
using ModelCompiler.Tool.Benchmarking;
using ModelCompiler.Tool.Reports;

namespace ModelCompiler.Tool.Commands;

/// <summary><c>modelc report RESULTS... -o report.html</c>: figures and tables of benchmark results.</summary>
public static class ReportCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create(TextChannels channels)
    {
        var files = new Argument<string[]>("results")
        {
            Description = "Results of modelc bench --json and of bench/peers, in any number.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--output", "-o") { Description = "HTML page to write.", Required = true };
        var json = new Option<string?>("--json") { Description = "File to write all results to, as one document." };
        var bars = new Option<string?>("--bars") { Description = "File of bars to hold results against." };
        var command = new Command("report", "Writes a page of figures and tables from benchmark results.") { files, output, json, bars };
        command.SetAction(parsed =>
        {
            BenchmarkResults results = BenchmarkResults.Join([.. parsed.GetRequiredValue(files).Select(ResultsFile.Read)]);
            IReadOnlyList<AcceptanceBar> wanted = parsed.GetValue(bars) is { } path ? AcceptanceBars.Read(path) : [];
            File.WriteAllText(parsed.GetRequiredValue(output), BenchmarkPage.Create(results, wanted));
            if (parsed.GetValue(json) is { } jsonPath)
                ResultsFile.Write(jsonPath, results);
            foreach (AcceptanceResult a in AcceptanceBars.Judge(wanted, new(results)))
            {
                channels.Results.WriteLine(FormattableString.Invariant(
                    $"{a.Bar.Model} {a.Bar.Batch}x{a.Bar.Sequence} against {a.Bar.Against}: {(a.Ratio is { } ratio ? FormattableString.Invariant($"{ratio:0.00} x, must {a.Bar.Must:0.##}, {a.Verdict}") : "not measured")}"));
            }

            return ModelCompilerTool.Success;
        });
        return command;
    }
}

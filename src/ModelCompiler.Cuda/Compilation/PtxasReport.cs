using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>What ptxas reports about one entry function.</summary>
/// <param name="Function">Name of the entry function.</param>
/// <param name="Registers">32-bit registers of each thread.</param>
/// <param name="SharedBytes">Static shared memory of each thread block.</param>
/// <param name="StackFrameBytes">Local memory of each thread.</param>
/// <param name="SpillStoreBytes">Bytes stored for want of registers.</param>
/// <param name="SpillLoadBytes">Bytes loaded back.</param>
internal sealed partial record PtxasReport(
    string Function, int Registers, int SharedBytes, int StackFrameBytes, int SpillStoreBytes, int SpillLoadBytes)
{
    /// <summary>
    /// Reads the lines that <c>--ptxas-options=-v</c> adds to a log:
    /// <code>
    /// ptxas info    : Compiling entry function 'k' for 'sm_80'
    /// ptxas info    : Function properties for k
    /// ptxas         .     256 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
    /// ptxas info    : Used 40 registers, 256 bytes cumulative stack size, 400 bytes smem, 364 bytes cmem[0]
    /// </code>
    /// Functions that are not entries have a properties line too, after the one of their entry.
    /// </summary>
    public static ImmutableArray<PtxasReport> Parse(string log)
    {
        var reports = ImmutableArray.CreateBuilder<PtxasReport>();
        PtxasReport? current = null;
        string? propertiesOf = null;
        foreach (string line in log.Split('\n'))
        {
            if (EntryLine().Match(line) is { Success: true } entry)
                current = new PtxasReport(entry.Groups["name"].Value, 0, 0, 0, 0, 0);
            else if (PropertiesLine().Match(line) is { Success: true } properties)
                propertiesOf = properties.Groups["name"].Value;
            else if (current is not null && propertiesOf == current.Function && FrameLine().Match(line) is { Success: true } frame)
            {
                current = current with
                {
                    StackFrameBytes = Number(frame, "frame"),
                    SpillStoreBytes = Number(frame, "stores"),
                    SpillLoadBytes = Number(frame, "loads"),
                };
            }
            else if (current is not null && UsedLine().Match(line) is { Success: true } used)
            {
                reports.Add(current with
                {
                    Registers = Number(used, "registers"),
                    SharedBytes = SharedPart().Match(line) is { Success: true } shared ? Number(shared, "bytes") : 0,
                });
                current = null;
            }
        }

        return reports.ToImmutable();

        static int Number(Match match, string group) =>
            int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"Compiling entry function '(?<name>[^']+)' for '")]
    private static partial Regex EntryLine();

    [GeneratedRegex(@"Function properties for (?<name>\S+)")]
    private static partial Regex PropertiesLine();

    [GeneratedRegex(@"(?<frame>\d+) bytes stack frame, (?<stores>\d+) bytes spill stores, (?<loads>\d+) bytes spill loads")]
    private static partial Regex FrameLine();

    [GeneratedRegex(@"Used (?<registers>\d+) registers")]
    private static partial Regex UsedLine();

    [GeneratedRegex(@"(?<bytes>\d+) bytes smem")]
    private static partial Regex SharedPart();
}

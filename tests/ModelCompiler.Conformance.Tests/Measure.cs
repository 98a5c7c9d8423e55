using Xunit.Abstractions;
namespace ModelCompiler.Conformance.Tests;
public class Measure(ITestOutputHelper o)
{
    [Fact] public void Red() => o.WriteLine(Show(true));
    [Fact] public void Full() => o.WriteLine(Show(false));
    private static string Show(bool reduced)
    {
        var r = ConformanceRunner.Run(ConformanceSuite.Cases(reduced), (c, p, w) => new WrittenOutEncoder(c.Model, c.Scheme, w));
        return r.ToString() + "\n" + string.Join("\n", r.Results.OrderByDescending(x => x.Milliseconds).Take(8).Select(x => $"{x.Name} {x.Milliseconds:0}")) + $"\n{r.Results.Count} {r.Results.Sum(x => x.Milliseconds)}";
    }
}

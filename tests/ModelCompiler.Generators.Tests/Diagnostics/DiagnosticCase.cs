using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace ModelCompiler.Generators.Tests.Diagnostics;

/// <summary>One wrong declaration. <c>{|</c> and <c>|}</c> mark where the diagnostic stands.</summary>
internal sealed record DiagnosticCase(string Id, string Message, string Source, string? Config = null)
{
    public const string Tail = "\n[Shapes(Tokens = [64])]\n[Targets(GpuArch.Sm80)]\npublic partial class Model;\n";

    public override string ToString() => $"{Id} {Message}";

    /// <summary>Runs analyzer and generator and holds both against the case.</summary>
    public async Task CheckAsync()
    {
        string text = Source.StartsWith("using", StringComparison.Ordinal) ? Source : "using ModelCompiler;\n" + Source;
        int start = text.IndexOf("{|", StringComparison.Ordinal), end = text.IndexOf("|}", StringComparison.Ordinal) - 2;
        start.ShouldBeGreaterThanOrEqualTo(0);
        GeneratorHost host = GeneratorHost.Of(text.Replace("{|", "").Replace("|}", ""));
        if (Config is not null)
            host = host.WithFile("model/config.json", Config);

        Diagnostic diagnostic = (await host.AnalyzeAsync()).ShouldHaveSingleItem();
        diagnostic.Id.ShouldBe(Id);
        diagnostic.GetMessage().ShouldBe(Message);
        diagnostic.Location.SourceSpan.ShouldBe(TextSpan.FromBounds(start, end));
        bool isError = diagnostic.Severity == DiagnosticSeverity.Error;
        host.Run().GeneratedSources.Length.ShouldBe(isError ? 0 : 3);
    }
}

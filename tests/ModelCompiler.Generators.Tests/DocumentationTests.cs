using System.Text.RegularExpressions;
using ModelCompiler.Core.Spec.Validation;

namespace ModelCompiler.Generators.Tests;

/// <summary>Every rule has an id of its own, a page and an entry in the release file.</summary>
public sealed class DocumentationTests
{
    [Fact]
    public void Ids_are_unique_rise_and_name_their_area()
    {
        string[] ids = [.. SpecRules.All.Select(r => r.Id)];
        ids.ShouldBe(ids.Order(StringComparer.Ordinal));
        ids.ShouldBeUnique();
        ids.ShouldAllBe(id => Regex.IsMatch(id, "^MC0[0-7][0-9][1-9]$|^MC0[0-7][1-9]0$"));
    }

    [Fact]
    public void Every_rule_has_texts_and_a_link()
    {
        foreach (SpecRule rule in SpecRules.All)
        {
            rule.Title.ShouldNotBeNullOrWhiteSpace();
            rule.Title.ShouldNotEndWith(".");
            rule.Message.ShouldNotEndWith(".");
            rule.Description.ShouldEndWith(".");
            rule.HelpLink.ShouldBe($"https://github.com/modelcompiler/modelcompiler/blob/main/docs/diagnostics.md#{rule.Id.ToLowerInvariant()}");
        }
    }

    [Fact]
    public void The_page_has_a_section_with_anchor_title_and_fix_for_every_rule_and_no_other()
    {
        string page = Repository.Read("docs", "diagnostics.md");
        string[] sections = [.. Regex.Matches(page, "^### (MC\\d{4})$", RegexOptions.Multiline).Select(m => m.Groups[1].Value)];
        sections.ShouldBe(SpecRules.All.Select(r => r.Id));
        foreach (SpecRule rule in SpecRules.All)
        {
            string section = page[page.IndexOf($"### {rule.Id}\n", StringComparison.Ordinal)..];
            int end = section.IndexOf("\n### ", 4, StringComparison.Ordinal);
            section = end < 0 ? section : section[..end];
            section.ShouldContain($"**{rule.Title}**");
            section.ShouldContain("```");
            section.ShouldContain("Fix: ");
        }
    }

    [Fact]
    public void The_release_file_lists_every_rule()
    {
        string releases = Repository.Read("generators", "ModelCompiler.Generators", "AnalyzerReleases.Unshipped.md");
        string[] lines = [.. releases.Split('\n').Where(l => l.StartsWith("MC", StringComparison.Ordinal))];
        lines.ShouldBe(SpecRules.All.Select(r => $"{r.Id} | ModelCompiler | {r.Severity} | {r.Title}"));
    }

    [Fact]
    public void The_analyzer_supports_every_rule() =>
        new EncoderAnalyzer().SupportedDiagnostics.Select(d => (d.Id, d.HelpLinkUri)).ShouldBe(SpecRules.All.Select(r => (r.Id, r.HelpLink)));

    [Fact]
    public void The_private_dependencies_are_what_the_build_puts_beside_the_generator()
    {
        string folder = Repository.PathOf("generators", "ModelCompiler.Generators");
        string project = File.ReadAllText(Path.Combine(folder, "ModelCompiler.Generators.csproj"));
        string[] declared = [.. Regex.Matches(project, "<PrivateDependency Include=\"([^\"]+)\"").Select(m => m.Groups[1].Value)];
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string[] built =
        [
            .. Directory.GetFiles(Path.Combine(folder, "bin", configuration, "netstandard2.0"), "*.dll")
                .Select(f => Path.GetFileNameWithoutExtension(f)!).Where(n => n != "ModelCompiler.Generators"),
        ];
        declared.Order(StringComparer.Ordinal).ShouldBe(built.Order(StringComparer.Ordinal));
    }
}

using System.Globalization;
using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Core.Spec.Validation;

/// <summary>How bad it is to break a rule.</summary>
public enum SpecSeverity
{
    /// <summary>Worth knowing; nothing needs to change.</summary>
    Info,

    /// <summary>Code is generated all the same.</summary>
    Warning,

    /// <summary>No code is generated.</summary>
    Error,
}

/// <summary>A rule that declarations keep. Its page is <c>docs/diagnostics.md</c>.</summary>
/// <param name="Id">Identifier, <c>MC</c> and four digits; the first two name the area.</param>
/// <param name="Title">Short title.</param>
/// <param name="Message">Message with numbered holes.</param>
/// <param name="Description">Why the rule is there.</param>
/// <param name="Severity">How bad it is to break it.</param>
public sealed record SpecRule(string Id, string Title, string Message, string Description, SpecSeverity Severity = SpecSeverity.Error)
{
    private const string Page = "https://github.com/modelcompiler/modelcompiler/blob/main/docs/diagnostics.md#";

    /// <summary>Where the rule is explained.</summary>
    public string HelpLink => Page + Id.ToLowerInvariant();
}

/// <summary>A broken rule.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Place">Where in the declaration.</param>
/// <param name="Arguments">Values for the holes of the message.</param>
public sealed record SpecError(SpecRule Rule, SpecPlace Place, EquatableArray<string> Arguments)
{
    /// <summary>The message with its values.</summary>
    public string Message => string.Format(CultureInfo.InvariantCulture, Rule.Message, [.. Arguments]);

    /// <inheritdoc/>
    public override string ToString() => $"{Rule.Id}: {Message}";
}

/// <summary>Collects broken rules.</summary>
internal sealed class SpecErrorList
{
    private readonly List<SpecError> _errors = [];

    /// <summary>True while no rule with severity error is broken.</summary>
    public bool AllowsCode => _errors.TrueForAll(e => e.Rule.Severity != SpecSeverity.Error);

    /// <summary>Adds one.</summary>
    public void Add(SpecRule rule, SpecPlace place, params object?[] arguments) =>
        _errors.Add(new(rule, place, arguments.Select(Invariant.Text).ToEquatableArray()));

    /// <summary>All of them, in the order of finding.</summary>
    public EquatableArray<SpecError> ToArray() => _errors.ToEquatableArray();
}

using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Conformance.Ops;

/// <summary>The tallies of a run, one for each kind of op.</summary>
internal sealed class OpTallies
{
    private readonly Dictionary<OpKind, OpTally> _tallies = [];

    /// <summary>Counts one result of an op.</summary>
    public void Add(PlanOp op, BufferValues found, BufferValues expected)
    {
        OpKind kind = OpKind.Of(op, expected);
        if (!_tallies.TryGetValue(kind, out OpTally? tally))
            _tallies.Add(kind, tally = new(kind));
        tally.Add(found, expected);
    }

    /// <summary>What was found, by name.</summary>
    public IReadOnlyList<OpResult> Results() =>
    [
        .. _tallies.Values
            .Select(t => new OpResult(t.Kind.Op, t.Kind.Result, t.Ops, t.Elements, t.Different, t.Wrong, t.Error, t.Kind.Bound.Error, t.Kind.Bound.CodesOffByOne, t.Passed))
            .OrderBy(r => r.Op, StringComparer.Ordinal).ThenBy(r => r.Result, StringComparer.Ordinal),
    ];
}

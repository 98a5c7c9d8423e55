using System.Collections.Immutable;
using System.Text;

namespace ModelCompiler.Cuda.Interop;

/// <summary>One place where NVRTC was looked for, and why it was not taken from there.</summary>
/// <param name="Location">A file, a folder, or a name that the system's loader was asked for.</param>
/// <param name="Origin">Why this place was tried: the variable that names it, or the rule.</param>
/// <param name="Outcome">Why it did not serve.</param>
public sealed record NvrtcProbe(string Location, string Origin, string Outcome)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Location} ({Origin}): {Outcome}";
}

/// <summary>No usable NVRTC library is on this machine. The message lists every place that was tried.</summary>
public sealed class NvrtcNotFoundException : Exception
{
    /// <summary>Creates the exception from all that was tried.</summary>
    public NvrtcNotFoundException(IEnumerable<NvrtcProbe> probes)
        : this(probes.ToImmutableArray())
    {
    }

    private NvrtcNotFoundException(ImmutableArray<NvrtcProbe> probes)
        : base(Describe(probes)) => Probes = probes;

    /// <summary>Every place that was tried, in order.</summary>
    public ImmutableArray<NvrtcProbe> Probes { get; }

    private static string Describe(ImmutableArray<NvrtcProbe> probes)
    {
        var text = new StringBuilder("NVRTC, NVIDIA's run-time compiler, was not found. Tried, in order:");
        foreach (NvrtcProbe probe in probes)
            text.Append('\n').Append("  ").Append(probe);
        text.Append('\n').Append("Set ").Append(NvrtcLibrarySearch.Variable)
            .Append(" to the library or its folder, or run eng/install-nvrtc.sh.");
        return text.ToString();
    }
}

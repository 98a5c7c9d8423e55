namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Rules about tuning databases, MC07xx.</summary>
public static class TuningRules
{
    /// <summary>MC0701.</summary>
    public static SpecRule DatabaseMalformed { get; } = new("MC0701", "Tuning database is malformed",
        "{0}: expected {1}, found {2}",
        "A file that cannot be read in full is not used in part: a missing time would pass for one that was never taken.");

    /// <summary>MC0702.</summary>
    public static SpecRule KernelsChanged { get; } = new("MC0702", "Tuned kernels have changed",
        "{0} of {1} measurements are left aside, because kernels have changed since: {2}; run 'modelc tune' again",
        "Times of another version of a kernel say little about this one. Measurements of kernels that are as they were stay in use.",
        SpecSeverity.Warning);

    /// <summary>MC0703.</summary>
    public static SpecRule OtherChip { get; } = new("MC0703", "Tuning database is for no target of the class",
        "'{0}' was measured on {1} of compute capability {2}, which is none of the targets, and is left aside",
        "Times of one chip say nothing about another.",
        SpecSeverity.Info);

    /// <summary>MC0704.</summary>
    public static SpecRule CandidateUnknown { get; } = new("MC0704", "Tuned kernel does not exist",
        "'{0}' prefers '{1}' for {2} at {3} tokens, which this compiler does not have; the built-in rule decides",
        "Another version of the compiler cut its tiles in other ways.",
        SpecSeverity.Warning);

    /// <summary>MC0705.</summary>
    public static SpecRule SeveralDatabases { get; } = new("MC0705", "Several tuning databases fit a target",
        "'{0}' and '{1}' were both measured on {2}; the first is used",
        "Which of two times counts would otherwise depend on the order of files.",
        SpecSeverity.Warning);

    /// <summary>MC0706.</summary>
    public static SpecRule OtherVersion { get; } = new("MC0706", "Tuning database is of another version",
        "The file has schema version {0}, this compiler reads {1}, so it is left aside; run 'modelc tune' again",
        "What the words of another version mean is not known.",
        SpecSeverity.Warning);

    /// <summary>All of them by rising id.</summary>
    public static IReadOnlyList<SpecRule> All { get; } = [DatabaseMalformed, KernelsChanged, OtherChip, CandidateUnknown, SeveralDatabases, OtherVersion];
}

namespace ModelCompiler.Tool.Tuning;

/// <summary>What became of a candidate. A closed set.</summary>
internal abstract record CandidateOutcome
{
    private CandidateOutcome()
    {
    }

    /// <summary>It computes what the rules' candidate computes, in this time.</summary>
    /// <param name="MedianUs">Median of a launch in a graph of many, microseconds.</param>
    /// <param name="SpreadUs">Distance between the quartiles.</param>
    public sealed record Measured(double MedianUs, double SpreadUs) : CandidateOutcome;

    /// <summary>It cannot be used.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Disqualified(string Reason) : CandidateOutcome;
}

/// <summary>Measures candidates.</summary>
internal interface ICandidateBench
{
    /// <summary>Holds a candidate's result against that of the rules' candidate, then takes its time.</summary>
    /// <exception cref="TuningInterruptedException">The GPU no longer works.</exception>
    CandidateOutcome Measure(TuningJob job);
}

namespace ModelCompiler.Tool.Benchmarking;

/// <summary>How often a batch is timed.</summary>
/// <param name="Iterations">At most so often.</param>
/// <param name="Seconds">Not after so long, once there are <see cref="Fewest"/> times; null for no end.</param>
public readonly record struct RunLimit(int Iterations, double? Seconds)
{
    /// <summary>Times that a median with a spread needs.</summary>
    public const int Fewest = 20;

    /// <summary>True where there are enough times.</summary>
    public bool IsReached(int runs, double seconds) => runs >= Iterations || (runs >= Fewest && seconds >= Seconds);

    /// <summary>Runs that keep within the limit if each takes so long.</summary>
    public int RunsOf(double seconds) =>
        Seconds is { } most ? Math.Min(Iterations, Math.Max(Fewest, (int)Math.Min(most / seconds, int.MaxValue))) : Iterations;
}

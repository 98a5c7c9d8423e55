namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// A candidate that was measured to be better than the rules' choice. The generator takes these from a tuning database and
/// writes them into the class, so that loading schedules the same kernels without the database.
/// </summary>
/// <param name="Arch">Target.</param>
/// <param name="Tokens">Bucket.</param>
/// <param name="Work">Name of the <see cref="KernelWork"/>.</param>
/// <param name="Candidate">Token of the <see cref="KernelCandidate"/>.</param>
public sealed record KernelChoice(GpuArch Arch, int Tokens, string Work, string Candidate)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Arch.Name()} {Tokens} {Work} {Candidate}";
}

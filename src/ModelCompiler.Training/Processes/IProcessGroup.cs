namespace ModelCompiler.Training.Processes;

/// <summary>The processes that train one model together, each on its share of every batch.</summary>
public interface IProcessGroup : IDisposable
{
    /// <summary>This process, from 0. Process 0 evaluates and writes.</summary>
    int Rank { get; }

    /// <summary>Number of processes.</summary>
    int Size { get; }

    /// <summary>Replaces a tensor by its sum over all processes.</summary>
    void Sum(Tensor values);
}

/// <summary>Training in one process.</summary>
public sealed class SingleProcess : IProcessGroup
{
    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public void Sum(Tensor values)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

using ModelCompiler.Training.Modules;

namespace ModelCompiler.Training.Optimization;

/// <summary>
/// All parameters of a model in one vector, and their gradients in another: the optimizer, gradient clipping, the sum over
/// processes and checkpoints are a few operations on vectors, however many layers there are. Parameters become views.
/// </summary>
public sealed class FlatParameters : IDisposable
{
    private readonly List<ModelParameter> _parameters;

    /// <summary>Takes the parameters over.</summary>
    public FlatParameters(IEnumerable<ModelParameter> parameters)
    {
        ModelParameter[] all = [.. parameters];
        if (all.GroupBy(p => p.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Parameter '{twice.Key}' is there twice.", nameof(parameters));
        _parameters = [.. all.Where(p => p.Decays), .. all.Where(p => !p.Decays)];
        DecayedCount = all.Where(p => p.Decays).Sum(p => p.Count);
        long count = all.Sum(p => p.Count);
        torch.Device device = all[0].Value.device;
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        Values = torch.zeros([count], torch.float32, device).DetachFromDisposeScope();
        Gradients = torch.zeros([count], torch.float32, device).DetachFromDisposeScope();
        long offset = 0;
        foreach (ModelParameter parameter in _parameters)
        {
            long[] shape = parameter.Value.shape;
            Tensor view = Values.narrow(0, offset, parameter.Count).view(shape).detach();
            view.copy_(parameter.Value.detach());
            parameter.Rebind(view.DetachFromDisposeScope());
            parameter.Value.grad = Gradients.narrow(0, offset, parameter.Count).view(shape).detach();
            offset += parameter.Count;
        }
    }

    /// <summary>All values, [n]: parameters that decay, then the others.</summary>
    public Tensor Values { get; }

    /// <summary>All gradients, [n]; backward adds to it.</summary>
    public Tensor Gradients { get; }

    /// <summary>How many of the first values decay.</summary>
    public long DecayedCount { get; }

    /// <summary>Names and extents in the order of the vector: two models with equal layouts can exchange vectors.</summary>
    public string Layout => string.Join(';', _parameters.Select(p => $"{p.Name}:{string.Join('x', p.Value.shape)}"));

    /// <inheritdoc/>
    public void Dispose()
    {
        Values.Dispose();
        Gradients.Dispose();
    }
}

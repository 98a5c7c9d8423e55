namespace ModelCompiler.Torch;

/// <summary>
/// Owns the tensors that are made on its thread while it is the innermost scope, and frees them when it ends, unless they
/// were disposed of or detached before.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? t_current;

    private readonly HashSet<torch.Tensor> _tensors = new(ReferenceEqualityComparer.Instance);
    private readonly DisposeScope? _outer;
    private bool _ended;

    internal DisposeScope()
    {
        _outer = t_current;
        t_current = this;
    }

    /// <summary>Innermost scope of this thread; null outside of all.</summary>
    internal static DisposeScope? Current => t_current;

    /// <summary>Tensors that it would free now.</summary>
    public int DisposablesCount => _tensors.Count;

    /// <summary>Frees what it owns. Scopes end in the reverse order in which they began.</summary>
    public void Dispose()
    {
        if (_ended)
            return;
        if (t_current != this)
            throw new InvalidOperationException("Expected the innermost scope of its own thread to end, found another one.");
        _ended = true;
        t_current = _outer;
        foreach (torch.Tensor tensor in _tensors.ToArray())
            tensor.Dispose();
        _tensors.Clear();
    }

    internal void Add(torch.Tensor tensor) => _tensors.Add(tensor);

    internal void Remove(torch.Tensor tensor) => _tensors.Remove(tensor);

    /// <summary>The scope around this one takes the tensor; where there is none, nobody frees it.</summary>
    internal DisposeScope? MoveOut(torch.Tensor tensor)
    {
        _tensors.Remove(tensor);
        _outer?._tensors.Add(tensor);
        return _outer;
    }
}

using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime;

/// <summary>
/// The module names of one checkpoint: with the encoder's prefix (<c>bert.</c>) where it was saved with a head, without
/// where it was saved bare. Remembers which modules were asked for.
/// </summary>
internal sealed class CheckpointModules
{
    private static readonly string[] Suffixes = ["weight", "bias", "gamma", "beta", .. PackedLinear.Suffixes];

    private readonly EncoderModel _model;
    private readonly Checkpoint _checkpoint;
    private readonly string _prefix;
    private readonly HashSet<string> _used = [];

    public CheckpointModules(EncoderModel model, Checkpoint checkpoint)
    {
        _model = model;
        _checkpoint = checkpoint;
        string prefix = CheckpointNames.EncoderPrefix(model.Family);
        _prefix = checkpoint.Names.Any(name => name.StartsWith(prefix, StringComparison.Ordinal)) ? prefix : "";
    }

    /// <summary>Full module paths of a weight; more than one where the plan stacks several by rows. Thread-safe.</summary>
    public EquatableArray<string> Paths(PlanWeight weight)
    {
        string prefix = CheckpointNames.IsUnderEncoderPrefix(_model, weight.Role) ? _prefix : "";
        EquatableArray<string> paths = CheckpointNames.Modules(_model, weight).Select(m => prefix + m).ToEquatableArray();
        lock (_used)
            _used.UnionWith(paths);
        return paths;
    }

    /// <summary>
    /// Refuses tensors among the encoder's own that no weight of the plan came from: a checkpoint with more layers, or
    /// with parts that this compiler does not know, would compute something else. Other heads' tensors, position ids
    /// that were saved as buffers and an unused pooler are fine.
    /// </summary>
    /// <exception cref="TensorMismatchException">The first such tensor, in ordinal order.</exception>
    public void RequireNoStrangers() => _checkpoint.RequireAllKnown(IsKnown);

    private bool IsKnown(string name)
    {
        if (!name.StartsWith(_prefix, StringComparison.Ordinal))
            return true;
        string inner = name[_prefix.Length..];
        bool ofEncoder = inner.StartsWith("embeddings.", StringComparison.Ordinal)
            || inner.StartsWith("encoder.", StringComparison.Ordinal)
            || inner.StartsWith("transformer.", StringComparison.Ordinal);
        if (!ofEncoder)
            return _prefix.Length == 0 || inner.StartsWith("pooler.", StringComparison.Ordinal);
        if (inner is "embeddings.position_ids" or "embeddings.token_type_ids")
            return true;
        int dot = name.LastIndexOf('.');
        return _used.Contains(name[..dot]) && Suffixes.Contains(name[(dot + 1)..]);
    }
}

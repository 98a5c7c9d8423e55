using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace ModelCompiler.Runtime.Weights;

/// <summary>
/// The weights of a model folder in Hugging Face layout: <c>model.safetensors</c>, or the shards that
/// <c>model.safetensors.index.json</c> names.
/// </summary>
/// <remarks>Reading is thread-safe. Spans must not be used after <see cref="Dispose"/>.</remarks>
public sealed class Checkpoint : IDisposable
{
    /// <summary>The name of an unsharded checkpoint's file.</summary>
    public const string SingleFileName = "model.safetensors";

    private readonly List<SafetensorsFile> _files;
    private readonly FrozenDictionary<string, CheckpointTensor> _tensors;

    private Checkpoint(string folder, List<SafetensorsFile> files)
    {
        Folder = folder;
        _files = files;
        _tensors = files
            .SelectMany(file => file.Tensors.Select(info => new CheckpointTensor(file, info)))
            .ToFrozenDictionary(tensor => tensor.Info.Name, StringComparer.Ordinal);
        Names = [.. _tensors.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>The model folder.</summary>
    public string Folder { get; }

    /// <summary>The names of all tensors, in ordinal order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Opens the weights of a folder.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder is not there.</exception>
    /// <exception cref="FileNotFoundException">The folder has neither a safetensors file nor an index.</exception>
    /// <exception cref="SafetensorsFormatException">A file breaks a rule of the format, or index and shards disagree.</exception>
    public static Checkpoint Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no model folder '{folder}'.");
        string single = Path.Combine(folder, SingleFileName);
        if (File.Exists(single))
            return new Checkpoint(folder, [SafetensorsFile.Open(single)]);
        string indexPath = Path.Combine(folder, SafetensorsIndex.FileName);
        if (!File.Exists(indexPath))
            throw new FileNotFoundException(
                $"Model folder '{folder}' has neither {SingleFileName} nor {SafetensorsIndex.FileName}.", single);

        var files = new List<SafetensorsFile>();
        try
        {
            OpenShards(folder, indexPath, files);
            return new Checkpoint(folder, files);
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <summary>Looks a tensor up.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out CheckpointTensor? tensor) =>
        _tensors.TryGetValue(name, out tensor);

    /// <summary>Looks a tensor up that has to be there.</summary>
    /// <exception cref="TensorMismatchException">There is no tensor of that name.</exception>
    public CheckpointTensor Get(string name) =>
        _tensors.TryGetValue(name, out CheckpointTensor? tensor)
            ? tensor
            : throw new TensorMismatchException(TensorMismatch.Missing, Folder, name, "a tensor of that name", "none");

    /// <summary>Looks a tensor up that has to be there in a given shape.</summary>
    /// <exception cref="TensorMismatchException">There is no tensor of that name, or its shape is another.</exception>
    public CheckpointTensor Get(string name, params ReadOnlySpan<long> expectedShape)
    {
        if (!_tensors.TryGetValue(name, out CheckpointTensor? tensor))
            throw new TensorMismatchException(
                TensorMismatch.Missing, Folder, name, $"shape {TensorInfo.FormatShape(expectedShape)}", "no such tensor");
        if (!tensor.Info.Shape.AsSpan().SequenceEqual(expectedShape))
            throw new TensorMismatchException(
                TensorMismatch.Shape,
                Folder,
                name,
                $"shape {TensorInfo.FormatShape(expectedShape)}",
                $"shape {TensorInfo.FormatShape(tensor.Info.Shape.AsSpan())}");
        return tensor;
    }

    /// <summary>Refuses tensors that the model does not know.</summary>
    /// <param name="isKnown">True for each name that the model uses or may ignore.</param>
    /// <exception cref="TensorMismatchException">The first name, in ordinal order, that is not known.</exception>
    public void RequireAllKnown(Func<string, bool> isKnown)
    {
        foreach (string name in Names)
        {
            if (!isKnown(name))
                throw new TensorMismatchException(
                    TensorMismatch.Extra, Folder, name, "only tensors of this model", _tensors[name].Info.ToString());
        }
    }

    /// <summary>Unmaps all files.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static void OpenShards(string folder, string indexPath, List<SafetensorsFile> files)
    {
        SafetensorsIndex index = SafetensorsIndex.Parse(indexPath, File.ReadAllBytes(indexPath));
        var shards = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        foreach (string shard in index.ShardOf.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string path = Path.Combine(folder, shard);
            if (!File.Exists(path))
                throw new SafetensorsFormatException(indexPath, "weight_map", $"shard '{shard}'", "no such file");
            var file = SafetensorsFile.Open(path);
            files.Add(file);
            shards.Add(shard, file);
        }

        foreach (var (name, shard) in index.ShardOf)
        {
            if (!shards[shard].TryGetInfo(name, out _))
                throw new SafetensorsFormatException(
                    indexPath, $"weight_map '{name}'", $"a tensor in '{shard}'", "no tensor of that name there");
        }

        foreach (var (shard, file) in shards)
        {
            foreach (TensorInfo info in file.Tensors)
            {
                if (!index.ShardOf.TryGetValue(info.Name, out string? owner) || owner != shard)
                    throw new SafetensorsFormatException(
                        file.Path,
                        $"tensor '{info.Name}'",
                        $"only tensors that the index assigns to '{shard}'",
                        owner is null ? "one that the index does not name" : $"one that it assigns to '{owner}'");
            }
        }
    }
}

using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Conformance;

/// <summary>An FP16 model against outputs that another library computed.</summary>
/// <param name="Folder">Name of the model folder.</param>
/// <param name="Tensor">The output compared.</param>
/// <param name="Error">Relative L2 error.</param>
public sealed record GoldenResult(string Folder, string Tensor, double Error)
{
    /// <summary>docs/numerics.md, bounds.</summary>
    public const double Bound = 5e-3;

    /// <summary>True within the bound.</summary>
    public bool Passed => Error < Bound;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"golden {Folder} {Tensor}: relative L2 error {Error:0.0e-0}, bound {Bound:0.0e-0}: {(Passed ? "pass" : "FAIL")}");
}

/// <summary>
/// Model folders with a <c>golden.safetensors</c> beside the weights: input_ids and attention_mask [rows, width], then
/// logits [rows, labels] or last_hidden_state [rows, width, H].
/// </summary>
public static class GoldenFolders
{
    /// <summary>Runs the folder's padded batch, packed, and compares logits and hidden states as far as the folder has them.</summary>
    public static IReadOnlyList<GoldenResult> Check(string folder, Device device)
    {
        ModelFolder files = ModelFolder.Open(folder);
        EncoderDescriptor descriptor = FolderDescriptor.Create(folder, files.Config, default);
        using EncoderSession session = EncoderSession.Load(descriptor, folder, new() { Device = device });
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        int[] mask = golden.Read<int>("attention_mask");
        int[] ids = [.. golden.Read<int>("input_ids").Where((_, i) => mask[i] == 1)];
        int[] lengths = [.. mask.Chunk((int)golden.GetInfo("input_ids").Shape[1]).Select(row => row.Sum())];

        EncoderModel model = descriptor.Model;
        var output = new float[(model.OutputPerToken ? ids.Length : lengths.Length) * model.OutputColumns];
        var hidden = new float[ids.Length * model.HiddenSize];
        session.Forward(ids, [], lengths, output, hidden);
        string name = Path.GetFileName(Path.GetFullPath(folder));
        var results = new List<GoldenResult>();
        foreach (TensorInfo tensor in golden.Tensors)
        {
            if (tensor.Name == "logits")
                results.Add(new(name, tensor.Name, ErrorMeasure.RelativeL2(ErrorMeasure.RowSquares(output, golden.Read<float>(tensor.Name), model.OutputColumns))));
            else if (tensor.Name == "last_hidden_state")
                results.Add(new(name, tensor.Name, ErrorMeasure.RelativeL2(ErrorMeasure.RowSquares(hidden, Rows(golden.Read<float>(tensor.Name), mask, model.HiddenSize), model.HiddenSize))));
        }

        return results.Count > 0 ? results : throw new ModelCompilerException($"{folder}: expected logits or last_hidden_state in golden.safetensors, found neither.");
    }

    private static float[] Rows(float[] padded, int[] mask, int columns) =>
        [.. padded.Chunk(columns).Where((_, i) => mask[i] == 1).SelectMany(row => row)];
}

using ModelCompiler.Core;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>The committed models, and descriptors for them as a generated class would carry.</summary>
internal static class ModelFixtures
{
    public static string Root { get; } = FindRoot();

    public static string TinyBert => Path.Combine(Root, "tests", "fixtures", "tiny-bert");

    public static string TinyRoberta => Path.Combine(Root, "tests", "fixtures", "tiny-roberta");

    /// <summary>The fixture classifier; its golden outputs lie in <see cref="WordNetGolden"/>.</summary>
    public static string WordNetModel => Path.Combine(Root, "tests", "fixtures", "wordnet-bert");

    /// <summary>The checkpoint that samples/Supersense ships.</summary>
    public static string SampleModel => Path.Combine(Root, "samples", "Supersense", "model");

    public static string WordNetGolden => Path.Combine(Root, "tests", "fixtures", "wordnet-bert", "golden.safetensors");

    public static EncoderDescriptor Describe(
        string folder, Precision precision = Precision.Fp16, EncoderHead head = EncoderHead.FromConfig, int[]? buckets = null, int groupSize = 0, Symmetry symmetry = Symmetry.Symmetric)
    {
        int side = precision == Precision.Fp16 ? 0 : (int)symmetry;
        return FolderDescriptor.Create(
            Path.GetFileName(folder),
            ModelFolder.Open(folder).Config,
            new(new QuantizeArguments((int)precision, Weights: side, Activations: precision == Precision.W4A16 ? 0 : side, GroupSize: groupSize)),
            head,
            buckets is null ? null : new(new(buckets)));
    }

    public static EncoderSession Load(
        string folder, Precision precision = Precision.Fp16, EncoderHead head = EncoderHead.FromConfig, int[]? buckets = null) =>
        EncoderSession.Load(Describe(folder, precision, head, buckets), folder);

    /// <summary>‖found - expected‖ / ‖expected‖.</summary>
    public static double RelativeError(ReadOnlySpan<float> found, ReadOnlySpan<float> expected)
    {
        found.Length.ShouldBe(expected.Length);
        double error = 0, norm = 0;
        for (int i = 0; i < found.Length; i++)
        {
            double difference = (double)found[i] - expected[i];
            error += difference * difference;
            norm += (double)expected[i] * expected[i];
        }

        return Math.Sqrt(error / norm);
    }

    /// <summary>The rows of a padded batch that the mask keeps, and their lengths.</summary>
    public static (int[] Ids, int[] Lengths) Pack(SafetensorsFile golden)
    {
        int[] ids = golden.Read<int>("input_ids"), mask = golden.Read<int>("attention_mask");
        int width = (int)golden.GetInfo("input_ids").Shape[1];
        int[] lengths = [.. mask.Chunk(width).Select(row => row.Sum())];
        return ([.. ids.Where((_, i) => mask[i] == 1)], lengths);
    }

    /// <summary>Of a padded [rows, width, columns] tensor, the rows of tokens that the mask keeps.</summary>
    public static float[] PackRows(SafetensorsFile golden, string name)
    {
        int[] mask = golden.Read<int>("attention_mask");
        float[] values = golden.Read<float>(name);
        int columns = (int)golden.GetInfo(name).Shape[^1];
        return [.. values.Chunk(columns).Where((_, i) => mask[i] == 1).SelectMany(row => row)];
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ModelCompiler.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"Found no ModelCompiler.sln above {AppContext.BaseDirectory}.");
    }
}

/// <summary>A copy of a model folder that a test may damage, deleted with the object.</summary>
internal sealed class FolderCopy : IDisposable
{
    public FolderCopy(string source)
    {
        Path = Directory.CreateTempSubdirectory("model-").FullName;
        foreach (string file in Directory.EnumerateFiles(source))
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
    }

    public string Path { get; }

    public string FilePath(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Rewrites the tensors of the checkpoint.</summary>
    public void Rewrite(Func<Dictionary<string, TensorSource>, Dictionary<string, TensorSource>> change)
    {
        string path = FilePath("model.safetensors"), changed = path + ".changed";
        using (SafetensorsFile file = SafetensorsFile.Open(path))
            SafetensorsWriter.Write(changed, change(file.Tensors.ToDictionary(t => t.Name, t => TensorSource.Copy(file, t.Name))).Values);
        File.Move(changed, path, overwrite: true);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

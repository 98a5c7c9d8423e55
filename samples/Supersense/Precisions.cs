using ModelCompiler.Runtime;

namespace SupersenseSample;

/// <summary>The generated classes by the name of their precision.</summary>
internal static class Precisions
{
    private static readonly Dictionary<string, Func<string, EncoderOptions, EncoderSession>> s_loaders = new()
    {
        ["fp16"] = Load<SupersenseFp16>,
        ["w8a8"] = Load<SupersenseW8A8>,
        ["w4a8"] = Load<SupersenseW4A8>,
        ["w4a16"] = Load<SupersenseW4A16>,
        ["w4a4"] = Load<SupersenseW4A4>,
        ["w4a4-asymmetric"] = Load<SupersenseW4A4Asymmetric>,
        ["w4a8-g64"] = Load<SupersenseW4A8Group64>,
    };

    public static IReadOnlyCollection<string> Names => s_loaders.Keys;

    public static EncoderSession Load(string precision, string folder, EncoderOptions options) => s_loaders[precision](folder, options);

    /// <summary>The checkpoint that comes with the sample: codes that were trained for W4A4, else FP16 weights, rounded when they are loaded.</summary>
    public static string FolderOf(string precision) => Path.Combine(AppContext.BaseDirectory, precision == "w4a4" ? "model-w4a4" : "model");

    private static EncoderSession Load<T>(string folder, EncoderOptions options)
        where T : IGeneratedEncoder<T> => T.Load(folder, options).Session;
}

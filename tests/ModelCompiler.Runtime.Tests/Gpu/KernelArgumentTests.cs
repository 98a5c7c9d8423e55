using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Tests.Session;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>The structs that the host fills in against the headers that the kernels are compiled from.</summary>
public partial class KernelArgumentTests
{
    [Theory]
    [InlineData(typeof(QuantizedRows), "quantize.cuh")]
    [InlineData(typeof(GemmArguments), "gemm_arguments.cuh")]
    [InlineData(typeof(AttentionArguments), "attention_config.cuh")]
    [InlineData(typeof(QkvAttentionArguments), "hopper/qkv_attention_config.cuh")]
    [InlineData(typeof(FewQkvAttentionArguments), "hopper/few_qkv_attention_config.cuh")]
    [InlineData(typeof(RowsArguments), "rows.cuh")]
    [InlineData(typeof(EmbeddingArguments), "embedding.cuh")]
    [InlineData(typeof(PoolArguments), "pool.cuh")]
    [InlineData(typeof(HeadArguments), "head_config.cuh")]
    public void Fields_have_the_order_the_names_and_the_offsets_of_the_header(Type type, string header)
    {
        string text = File.ReadAllText(Path.Combine(ModelFixtures.Root, "native/include/mc", header));
        int start = Regex.Match(text, $@"struct (alignas\(\d+\) )?{type.Name} \{{").Index;
        int end = text.IndexOf("};", start, StringComparison.Ordinal);
        (string Name, int Offset)[] expected = [.. Field().Matches(text[start..end])
            .Select(match => (match.Groups["name"].Value.Replace("_", "", StringComparison.Ordinal), int.Parse(match.Groups["offset"].Value)))];

        FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public);
        fields.Select(f => (f.Name.ToLowerInvariant(), (int)Marshal.OffsetOf(type, f.Name))).ShouldBe(expected);
        Regex size = new($@"sizeof\({type.Name}\) == (\d+)");
        Marshal.SizeOf(type).ShouldBe(int.Parse(size.Match(text).Groups[1].Value));
    }

    [GeneratedRegex(@"(?<name>\w+);\s*//\s*(?<offset>\d+)\b")]
    private static partial Regex Field();
}

using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Xunit.Abstractions;

namespace ModelCompiler.Generators.Tests;

/// <summary>How long a build waits for the generator.</summary>
public sealed class SpeedTests(ITestOutputHelper output)
{
    private const string Source = """
        using ModelCompiler;

        [Encoder(Family = EncoderFamily.Bert, Head = EncoderHead.SequenceClassifier, HiddenSize = 1024, Layers = 24, AttentionHeads = 16,
            IntermediateSize = 4096, VocabularySize = 30522, MaxPositions = 512, Labels = 2)]
        [Quantize(Precision.W4A4)]
        [Quantize(Precision.W8A8, Part = EncoderPart.MlpOutput)]
        [Shapes(Tokens = [32, 128, 512, 1024, 2048, 4096, 8192, 16384])]
        [Targets(GpuArch.Sm80, GpuArch.Sm89, GpuArch.Sm90a)]
        public partial class BertLarge;
        """;

    [Fact]
    public void Bert_large_with_eight_buckets_and_three_targets_takes_less_than_a_second_once_warm()
    {
        GeneratorHost host = GeneratorHost.Of(Source);
        GeneratorRunResult warm = host.Run();
        warm.GeneratedSources.Length.ShouldBe(5);

        // The machine may be busy with something else: the best of several runs is what the generator takes.
        double best = double.MaxValue;
        for (int run = 0; run < 5 && best > 1000; run++)
        {
            var watch = Stopwatch.StartNew();
            host.Run().GeneratedSources.Length.ShouldBe(5);
            best = Math.Min(best, watch.Elapsed.TotalMilliseconds);
        }

        int characters = warm.GeneratedSources.Sum(s => s.SourceText.Length);
        output.WriteLine($"{best:F0} ms, {warm.GeneratedSources.Length} files, {characters} characters");
        best.ShouldBeLessThan(1000);
    }
}

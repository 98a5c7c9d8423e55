using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Generators.Tests;

/// <summary>Generated classes, compiled in memory and run on the CPU.</summary>
public sealed class ExecutionTests
{
    // User code as a user writes it: the tests call it and see plain values only.
    private const string Source = """
        using System;
        using System.Collections.Generic;
        using System.Linq;
        using ModelCompiler;
        using ModelCompiler.Runtime;

        namespace Samples;

        [Encoder("model/config.json")]
        [Shapes(Tokens = [32, 512], MaxSequence = 64)]
        [Targets(GpuArch.Sm80, GpuArch.Sm90a)]
        public sealed partial class Supersense
        {
            // Runs before or after the generated initialisers: they must not care.
            private static readonly string s_hash = Descriptor.PlanHash;
            public static string Hash => s_hash;
        }

        [Encoder("model/config.json", Head = EncoderHead.MeanEmbedding, NormalizeEmbedding = true)]
        [Quantize(Precision.W8A8)]
        [Shapes(Tokens = [512], MaxSequence = 64)]
        [Targets(GpuArch.Sm80)]
        internal partial class Embedder;

        public static class Program
        {
            public static string[] Labels(string folder, string[] texts)
            {
                using var model = Supersense.Load(folder, new() { Device = Device.Cpu });
                string first = model.Classify(texts[0]).Label;
                string[] labels = [.. model.Classify(texts).Select(c => c.Label)];
                return first == labels[0] ? labels : [];
            }

            public static float[] Logits(string folder, int[] ids, int[] lengths)
            {
                using var model = Supersense.Load(folder);
                var logits = new float[lengths.Length * Supersense.OutputColumns];
                var again = new float[logits.Length];
                var hidden = new float[ids.Length * Supersense.HiddenSize];
                model.Forward(ids, lengths, logits);
                model.Forward(ids, new int[ids.Length], lengths, again, hidden);
                return logits.SequenceEqual(again) && hidden.Any(h => h != 0) ? logits : [];
            }

            public static float[][] Embeddings(string folder, string[] texts)
            {
                using var model = Embedder.Load(folder);
                return model.Embed(texts);
            }

            public static EncoderDescriptor DescriptorOf<T>() where T : IGeneratedEncoder<T> => T.Descriptor;

            public static EncoderDescriptor Descriptor() => DescriptorOf<Supersense>();

            public static object Plan() => Supersense.Plan;

            public static string[] Constants() => [$"{Supersense.MaxSequence} {Supersense.MaxTokens} {Supersense.LabelCount}", .. Supersense.Labels];

            public static bool ThrowsOnceDisposed(string folder)
            {
                var model = Supersense.Load(folder);
                model.Dispose();
                model.Dispose();
                try
                {
                    model.Classify("text");
                    return false;
                }
                catch (ObjectDisposedException)
                {
                    return true;
                }
            }
        }
        """;

    private static readonly string s_folder = Repository.PathOf("tests", "fixtures", "wordnet-bert");

    private static readonly Lazy<Type> s_program = new(Compile);

    [Fact]
    public void A_generated_class_classifies_texts_as_the_golden_logits_do()
    {
        string[] texts = JsonSerializer.Deserialize<string[]>(Repository.Read("tests", "fixtures", "wordnet-bert", "golden_texts.json"))!;
        using SafetensorsFile golden = SafetensorsFile.Open(Repository.PathOf("tests", "fixtures", "wordnet-bert", "golden.safetensors"));
        var logits = new float[16 * 45];
        golden.CopyTo("logits", logits);
        string[] names = Call<string[]>("Constants")[1..];
        string[] expected = [.. Enumerable.Range(0, 16).Select(i => names[Best(logits.AsSpan(i * 45, 45))])];
        Call<string[]>("Labels", s_folder, texts).ShouldBe(expected);
    }

    [Fact]
    public void A_generated_class_computes_logits_of_packed_ids()
    {
        int[] ids = [2, 40, 289, 2250, 338, 1253, 3, 2, 40, 2074, 3];
        float[] both = Call<float[]>("Logits", s_folder, ids, (int[])[7, 4]);
        both.Length.ShouldBe(90);
        float[] second = Call<float[]>("Logits", s_folder, ids[7..], (int[])[4]);
        for (int i = 0; i < 45; i++)
            second[i].ShouldBe(both[45 + i], 1e-3);
    }

    [Fact]
    public void A_generated_class_embeds_texts_to_unit_length()
    {
        float[][] vectors = Call<float[][]>("Embeddings", s_folder, (string[])["a large wild cat", "a person who writes novels"]);
        vectors.Length.ShouldBe(2);
        foreach (float[] vector in vectors)
        {
            vector.Length.ShouldBe(256);
            vector.Sum(x => (double)x * x).ShouldBe(1, 1e-4);
        }

        vectors[0].ShouldNotBe(vectors[1]);
    }

    [Fact]
    public void Its_descriptor_is_the_plan_that_was_generated()
    {
        EncoderDescriptor descriptor = Call<EncoderDescriptor>("Descriptor");
        descriptor.Name.ShouldBe("Samples.Supersense");
        descriptor.Model.Labels.ShouldBe(45);
        descriptor.Shapes.ShouldBe(new(new(32, 512), 64));
        ExecutionPlan plan = Planner.Plan(descriptor.Model, descriptor.Scheme);
        descriptor.PlanHash.ShouldBe(PlanHash.Compute(plan, descriptor.Shapes, descriptor.TunedKernels));
        Call<object>("Plan").ShouldBe(plan);
        RenderedKernel[] kernels =
        [
            .. descriptor.Targets.SelectMany(arch => Scheduler.Schedule(plan, descriptor.Shapes, arch, descriptor.TunedKernels).Kernels).Select(KernelRenderer.Render),
        ];
        descriptor.Kernels().ShouldBe(kernels);
        Call<string[]>("Constants")[0].ShouldBe("64 512 45");
        Call<string[]>("Constants")[1..].ShouldBe(descriptor.Model.LabelNames);
    }

    [Fact]
    public void It_may_be_disposed_of_twice_and_throws_afterwards() => Call<bool>("ThrowsOnceDisposed", s_folder).ShouldBeTrue();

    private static T Call<T>(string method, params object[] arguments) =>
        (T)s_program.Value.GetMethod(method)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;

    private static Type Compile()
    {
        GeneratorHost host = GeneratorHost.Of(Source)
            .WithFile("model/config.json", Repository.Read("samples", "Supersense", "model", "config.json"));
        var image = new MemoryStream();
        Microsoft.CodeAnalysis.Emit.EmitResult emitted = host.Generated().Emit(image);
        // CS1591: the user's own members above have no XML comments, the generated ones do.
        emitted.Diagnostics.Where(d => d.Severity > DiagnosticSeverity.Info && !(d.Id == "CS1591" && d.Location.SourceTree!.FilePath == "/project/File0.cs"))
            .ShouldBeEmpty();
        image.Position = 0;
        return AssemblyLoadContext.Default.LoadFromStream(image).GetType("Samples.Program").ShouldNotBeNull();
    }

    private static int Best(ReadOnlySpan<float> row)
    {
        int best = 0;
        for (int i = 1; i < row.Length; i++)
            best = row[i] > row[best] ? i : best;
        return best;
    }
}

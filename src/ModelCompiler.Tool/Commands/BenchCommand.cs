using System.CommandLine;
using System.Runtime.InteropServices;
using ModelCompiler.Core;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Work;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Benchmarking;
using ModelCompiler.Tool.Loading;
using ModelCompiler.Tool.Output;

namespace ModelCompiler.Tool.Commands;

/// <summary><c>modelc bench MODEL</c>: latency by shape, by the call and by graph replay; time by part and by kernel.</summary>
public static class BenchCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create(TextChannels channels)
    {
        var model = new Argument<string>("model") { Description = "Model folder, float or quantized." };
        var random = new Option<bool>("--random-weights") { Description = "Random weights instead of the folder's: config.json is enough." };
        Option<string> device = DeviceOption.Create("cuda:0");
        Option<string[]> shapes = ShapeOption.Create(
            "--shapes", "Batches as SEQUENCESxTOKENS, such as 1x32 32x128; each gets a bucket of its own.", "1x32", "1x128", "8x128", "32x128");
        Option<string[]> parts = ShapeOption.Create("--parts", "Batches of which each part of a layer is timed by itself (GPU).");
        var several = new Option<string[]>("--precisions")
        {
            Description = "Several precisions, one after the other, instead of --precision.",
            AllowMultipleArgumentsPerToken = true,
        };
        several.AcceptOnlyFromAmong([.. PrecisionOptions.Names]);
        var iterations = new Option<int>("--iterations") { Description = "Timed runs of each shape.", DefaultValueFactory = _ => 500 };
        iterations.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--iterations: expected 1 or more.");
        });
        var seconds = new Option<double?>("--seconds") { Description = "Ends the timed runs of a shape sooner, after this long by each clock and 20 runs." };
        seconds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is <= 0)
                result.AddError("--seconds: expected more than 0.");
        });
        var kernels = new Option<bool>("--kernels") { Description = "Shows the time of each kernel." };
        var folder = new Option<string?>("--kernel-folder") { Description = "Folder with kernels that were compiled ahead of time." };
        var name = new Option<string?>("--name") { Description = "Name of the model in the results; the folder's where not given." };
        var label = new Option<string?>("--label") { Description = "Name of the precision in the results, such as best for a tuned strategy." };
        var commit = new Option<string?>("--commit") { Description = "Commit of the sources, for the report." };
        var csv = new Option<string?>("--csv") { Description = "File to write a table to." };
        var json = new Option<string?>("--json") { Description = "File to write everything to, for modelc report." };
        var command = new Command("bench", "Measures latency and throughput of a model, end to end, on the GPU alone, part by part and kernel by kernel.")
        {
            model, random, device, shapes, parts, several, iterations, seconds, kernels, folder, name, label, commit, csv, json,
        };
        PrecisionOptions precision = PrecisionOptions.AddTo(command, "fp16");
        command.Validators.Add(result =>
        {
            // Tokens, not values: a value that is not allowed has none, and its own error.
            if (result.GetResult(several)?.Tokens.Count > 1 && result.GetResult(label) is not null)
                result.AddError("--label: expected one precision to name, found several.");
        });
        TuningOption tuning = TuningOption.AddTo(command);
        command.SetAction(parsed =>
        {
            ModelFolder files = ModelFolder.Open(parsed.GetRequiredValue(model));
            BatchShape[] wanted = ShapeOption.Read(parsed, shapes);
            var request = new BenchRequest(
                parsed.GetValue(name) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(files.Path))),
                wanted, ShapeOption.Read(parsed, parts),
                new(parsed.GetValue(iterations), parsed.GetValue(seconds)), parsed.GetValue(random), parsed.GetValue(kernels),
                tuning.Read(parsed, GpuInfo(DeviceOption.Read(parsed, device)), channels.Messages), tuning.HasStrategy(parsed));
            var bench = new ModelBench(files, request, new() { Device = DeviceOption.Read(parsed, device), KernelFolder = parsed.GetValue(folder) });
            EquatableArray<QuantizeArguments>[] schemes = Schemes(parsed, files, precision, parsed.GetValue(several) ?? []);

            var measured = new List<BenchmarkResults>();
            WorkProgress.Run(channels, "bench", "steps", schemes.Length * request.Steps, quiet: false, advance =>
            {
                foreach (EquatableArray<QuantizeArguments> scheme in schemes)
                    measured.Add(bench.Run(scheme, parsed.GetValue(label), advance));
            });
            BenchmarkResults results = BenchmarkResults.Join(measured) with { Sources = [Source(bench, parsed.GetValue(commit))] };
            ResultsText.Show(channels, results);
            if (parsed.GetValue(csv) is { } csvPath)
                File.WriteAllText(csvPath, ResultsText.ToCsv(results));
            if (parsed.GetValue(json) is { } jsonPath)
                ResultsFile.Write(jsonPath, results);
            return ModelCompilerTool.Success;
        });
        return command;
    }

    /// <summary>The precisions that are asked for, or the one that the checkpoint was made for.</summary>
    private static EquatableArray<QuantizeArguments>[] Schemes(ParseResult parsed, ModelFolder files, PrecisionOptions precision, string[] several) =>
        several.Length > 0 ? [.. several.Select(name => precision.Read(parsed, ActivationRange.PerToken, name))]
        : files.Quantization is not null && !precision.IsGiven(parsed) ? [FolderDescriptor.SchemeOf(files)]
        : [precision.Read(parsed, ActivationRange.PerToken)];

    private static CudaDeviceInfo? GpuInfo(Device device)
    {
        if (!device.IsCuda)
            return null;
        using CudaContext context = CudaContext.Open(device.Ordinal);
        return context.Info;
    }

    private static BenchmarkSource Source(ModelBench bench, string? commit) => new(
        "modelc",
        bench.Device,
        bench.Driver is { } driver ? $"CUDA {driver}" : null,
        new Dictionary<string, string>
        {
            ["modelc"] = typeof(BenchCommand).Assembly.GetName().Version!.ToString(3),
            [".NET"] = Environment.Version.ToString(),
            ["system"] = RuntimeInformation.OSDescription,
        },
        commit,
        DateTime.UtcNow,
        Environment.CommandLine);
}

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using ModelCompiler.Conformance;
using ModelCompiler.Conformance.Weights;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Tool.Benchmarking;
using ModelCompiler.Tool.Loading;
using ModelCompiler.Tool.Output;
using Spectre.Console;

namespace ModelCompiler.Tool.Commands;

/// <summary><c>modelc bench MODEL</c>: latency by shape and time by kernel.</summary>
public static class BenchCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create(TextChannels channels)
    {
        var model = new Argument<string>("model") { Description = "Model folder, float or quantized." };
        var random = new Option<bool>("--random-weights") { Description = "Random weights instead of the folder's: config.json is enough." };
        Option<string> device = DeviceOption.Create("cuda:0");
        var shapes = new Option<string[]>("--shapes")
        {
            Description = "Batches as SEQUENCESxTOKENS, such as 1x32 32x128; each gets a bucket of its own.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["1x32", "1x128", "8x128", "32x128"],
        };
        shapes.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens)
            {
                if (!TryParseShape(token.Value, out _))
                    result.AddError($"--shapes: expected SEQUENCESxTOKENS such as 32x128, found '{token.Value}'.");
            }
        });
        var iterations = new Option<int>("--iterations") { Description = "Timed runs of each shape.", DefaultValueFactory = _ => 500 };
        iterations.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--iterations: expected 1 or more.");
        });
        var kernels = new Option<bool>("--kernels") { Description = "Shows the time of each kernel." };
        var folder = new Option<string?>("--kernel-folder") { Description = "Folder with kernels that were compiled ahead of time." };
        var commit = new Option<string?>("--commit") { Description = "Commit of the sources, for the report." };
        var csv = new Option<string?>("--csv") { Description = "File to write a table to." };
        var json = new Option<string?>("--json") { Description = "File to write everything to." };
        var command = new Command("bench", "Measures latency and throughput of a model, end to end and kernel by kernel.")
        {
            model, random, device, shapes, iterations, kernels, folder, commit, csv, json,
        };
        PrecisionOptions precision = PrecisionOptions.AddTo(command, "fp16");
        TuningOption tuning = TuningOption.AddTo(command);
        command.SetAction(parsed =>
        {
            (int Batch, int Sequence)[] wanted = [.. parsed.GetRequiredValue(shapes).Select(s => TryParseShape(s, out (int, int) shape) ? shape : default)];
            ModelFolder files = ModelFolder.Open(parsed.GetRequiredValue(model));
            EquatableArray<QuantizeArguments> quantize = files.Quantization is not null && !precision.IsGiven(parsed)
                ? FolderDescriptor.SchemeOf(files)
                : precision.Read(parsed, ActivationRange.PerToken);
            var options = new EncoderOptions { Device = DeviceOption.Read(parsed, device), KernelFolder = parsed.GetValue(folder) };
            EncoderDescriptor descriptor = FolderDescriptor.Create(
                files.Path, files.Config, quantize,
                shapes: new(wanted.Select(s => s.Batch * s.Sequence).Distinct().Order().ToEquatableArray(), wanted.Max(s => s.Sequence)),
                tuning: tuning.Read(parsed, GpuInfo(options.Device), channels.Messages),
                strategy: tuning.HasStrategy(parsed));

            var clock = Stopwatch.StartNew();
            using EncoderSession session = parsed.GetValue(random)
                ? EncoderSession.Load(descriptor, plan => RandomWeights(descriptor, plan), options)
                : EncoderSession.Load(descriptor, files.Path, options);
            double loaded = clock.Elapsed.TotalMilliseconds;
            var bench = new SessionBench(session, parsed.GetValue(iterations));
            bench.RunOnce(wanted[0].Batch, wanted[0].Sequence);
            double first = clock.Elapsed.TotalMilliseconds;
            double started = (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalMilliseconds;

            var times = new List<ShapeTimes>();
            WorkProgress.Run(channels, "bench", "shapes", wanted.Length, quiet: false, advance =>
            {
                foreach ((int batch, int sequence) in wanted)
                {
                    times.Add(bench.Run(batch, sequence));
                    advance(1);
                }
            });
            BenchReport report = Report(session, descriptor, parsed.GetValue(commit), new(loaded, first, started), times);
            Show(channels, report, parsed.GetValue(kernels));
            if (parsed.GetValue(csv) is { } csvPath)
                File.WriteAllText(csvPath, report.ToCsv());
            if (parsed.GetValue(json) is { } jsonPath)
            {
                using var writer = new StreamWriter(jsonPath);
                JsonResult.Write(writer, report);
            }

            return ModelCompilerTool.Success;
        });
        return command;
    }

    /// <summary>Reads <c>32x128</c>.</summary>
    internal static bool TryParseShape(string text, out (int Batch, int Sequence) shape)
    {
        shape = default;
        string[] sides = text.Split('x');
        if (sides.Length != 2
            || !int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int batch) || batch < 1
            || !int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out int sequence) || sequence < 1)
            return false;
        shape = (batch, sequence);
        return true;
    }

    private static ModelWeights RandomWeights(EncoderDescriptor descriptor, ExecutionPlan plan) =>
        RandomModelWeights.Create(new ConformanceCase(descriptor.Name, descriptor.Model, plan.Scheme, descriptor.Shapes, [1]), plan);

    private static CudaDeviceInfo? GpuInfo(Device device)
    {
        if (!device.IsCuda)
            return null;
        using CudaContext context = CudaContext.Open(device.Ordinal);
        return context.Info;
    }

    private static BenchReport Report(
        EncoderSession session, EncoderDescriptor descriptor, string? commit, ColdStart start, IReadOnlyList<ShapeTimes> times)
    {
        GpuExecutor? gpu = StrategyExecutor.GpuFor(session.Executor, descriptor.Shapes.MaxTokens);
        return new(
            descriptor.Name,
            SchemeText.Of(descriptor.Scheme),
            gpu?.Model.Context.Info.ToString() ?? $"CPU, {Environment.ProcessorCount} processors",
            gpu?.Model.Context.Info.DriverText,
            commit,
            DateTime.UtcNow,
            Environment.CommandLine,
            start,
            gpu?.Model.Kernels.Origins.Values.GroupBy(o => o.ToString()).ToDictionary(o => o.Key, o => o.Count()) ?? [],
            times);
    }

    private static void Show(TextChannels channels, BenchReport report, bool kernels)
    {
        channels.Results.WriteLine(FormattableString.Invariant(
            $"{report.Model}, {report.Scheme}, {report.Device}: loaded in {report.ColdStart.LoadMs:0} ms, first result after {report.ColdStart.FirstResultMs:0} ms, {report.ColdStart.ProcessMs:0} ms from the start of the process"));
        if (report.KernelOrigins.Count > 0)
            channels.Results.WriteLine($"kernels: {string.Join(", ", report.KernelOrigins.Select(o => $"{o.Value} {o.Key}"))}");
        var table = new Table().Border(TableBorder.Simple).AddColumn("batch x sequence");
        foreach (string column in (string[])["median ms", "p90", "p99", "minimum", "tokens/s"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (ShapeTimes s in report.Shapes)
            table.AddRow($"{s.Batch} x {s.Sequence}", Text(s.MedianMs), Text(s.P90Ms), Text(s.P99Ms), Text(s.MinimumMs), s.TokensPerSecond.ToString("0", CultureInfo.InvariantCulture));
        channels.ResultConsole.Write(table);
        if (!kernels)
            return;
        foreach (ShapeTimes s in report.Shapes)
        {
            channels.Results.WriteLine($"{s.Batch} x {s.Sequence}, each kernel launched by itself:");
            foreach (KernelTime k in s.Kernels)
                channels.Results.WriteLine(FormattableString.Invariant($"  {k.Launches,3} x {k.Microseconds,8:0.0} us  {k.Kernel}"));
        }
    }

    private static string Text(double milliseconds) => milliseconds.ToString("0.000", CultureInfo.InvariantCulture);
}

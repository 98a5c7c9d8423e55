using System.CommandLine;
using System.Globalization;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Quantization;
using ModelCompiler.Tool.Loading;
using ModelCompiler.Tool.Output;
using Spectre.Console;

namespace ModelCompiler.Tool.Commands;

/// <summary><c>modelc quantize FOLDER OUT</c>: rounds the linear layers of a float model and writes a quantized folder.</summary>
public static class QuantizeCommand
{
    private const int TextsPerStep = 32;

    /// <summary>Builds the command.</summary>
    public static Command Create(TextChannels channels)
    {
        var source = new Argument<string>("folder") { Description = "Model folder with float weights." };
        var target = new Argument<string>("out") { Description = "Folder to write; empty or not there yet." };
        var texts = new Option<string?>("--calibrate") { Description = "File of sample texts, one a line: measures output errors, and ranges for --static." };
        var isStatic = new Option<bool>("--static") { Description = "One calibrated range for each activation tensor instead of each token's own. Needs --calibrate." };
        var json = new Option<bool>("--json") { Description = "Prints the result as JSON." };
        var command = new Command("quantize", "Quantizes a model folder by rounding to nearest, in the pack-quantized format of compressed-tensors.")
        {
            source, target, texts, isStatic, json,
        };
        PrecisionOptions precision = PrecisionOptions.AddTo(command, "w4a4");
        command.Validators.Add(result =>
        {
            if (result.GetValue(isStatic) && result.GetValue(texts) is null)
                result.AddError("quantize: --static needs --calibrate.");
        });
        command.SetAction(parsed => Run(channels, new(
            parsed.GetRequiredValue(source),
            parsed.GetRequiredValue(target),
            parsed.GetValue(texts),
            precision.Read(parsed, parsed.GetValue(isStatic) ? ActivationRange.Static : ActivationRange.PerToken),
            parsed.GetValue(json))));
        return command;
    }

    private static int Run(TextChannels channels, Request request)
    {
        ModelFolder folder = ModelFolder.Open(request.Source);
        EncoderDescriptor descriptor = FolderDescriptor.Create(request.Source, folder.Config, request.Quantize);
        ExecutionPlan plan = Planner.Plan(descriptor.Model, descriptor.Scheme);
        if (!plan.Ops.OfType<LinearOp>().Any(op => op.Precision.Weights.IsQuantized))
            throw new ModelCompilerException("quantize: expected a precision with quantized weights, found fp16 for every part.");

        using Calibration? calibration = request.Texts is null ? null : Calibrate(channels, descriptor.Model, request);
        var modules = new List<QuantizedModule>();
        int linears = plan.Ops.OfType<LinearOp>().Where(op => op.Precision.Weights.IsQuantized)
            .Sum(op => CheckpointNames.Modules(descriptor.Model, op.Weight).Count);
        WorkProgress.Run(channels, "quantize", "layers", linears, request.Json, advance =>
            QuantizedCheckpoint.Write(plan, request.Source, request.Target, calibration, module =>
            {
                modules.Add(module);
                advance(1);
            }));
        Report(channels, request, descriptor.Scheme, modules);
        return ModelCompilerTool.Success;
    }

    private static Calibration Calibrate(TextChannels channels, EncoderModel model, Request request)
    {
        if (!File.Exists(request.Texts))
            throw new ModelCompilerException($"{request.Texts}: expected a file of sample texts, found no such file.");
        string[] texts = [.. File.ReadLines(request.Texts).Where(line => !string.IsNullOrWhiteSpace(line))];
        if (texts.Length == 0)
            throw new ModelCompilerException($"{request.Texts}: expected at least one text, found none.");
        var calibration = Calibration.Open(model, request.Source);
        WorkProgress.Run(channels, "calibrate", "texts", texts.Length, request.Json, advance =>
        {
            foreach (string[] chunk in texts.Chunk(TextsPerStep))
            {
                calibration.Add(chunk);
                advance(chunk.Length);
            }
        });
        return calibration;
    }

    private static void Report(TextChannels channels, Request request, QuantizationScheme scheme, List<QuantizedModule> modules)
    {
        if (request.Json)
        {
            JsonResult.Write(channels.Results, new
            {
                Folder = request.Target,
                Modules = modules.Select(m => new { m.Module, Format = m.Format.ToString(), m.RelativeError, m.OutputError, m.Bytes, m.OriginalBytes }),
            });
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumn("layer").AddColumn("format");
        foreach (string name in (string[])["weight error %", "output error %", "bytes", "of original %"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (QuantizedModule m in modules)
        {
            table.AddRow(
                Markup.Escape(m.Module), m.Format.ToString(), Percent(m.RelativeError), m.OutputError is { } e ? Percent(e) : "-",
                $"{m.Bytes}", Percent((double)m.Bytes / m.OriginalBytes));
        }

        channels.ResultConsole.Write(table);
        double mean = Math.Sqrt(modules.Average(m => m.RelativeError * m.RelativeError));
        channels.Results.WriteLine(
            $"{modules.Count} layers as {SchemeText.Of(scheme)} in {request.Target}: weight error {Percent(mean)} % (root mean square), "
            + $"{modules.Sum(m => m.Bytes)} bytes of {modules.Sum(m => m.OriginalBytes)}");
    }

    private static string Percent(double share) => (100 * share).ToString("0.00", CultureInfo.InvariantCulture);

    private sealed record Request(
        string Source, string Target, string? Texts, EquatableArray<QuantizeArguments> Quantize, bool Json);
}

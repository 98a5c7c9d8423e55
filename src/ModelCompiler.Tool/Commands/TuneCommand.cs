using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ModelCompiler.Core;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Loading;
using ModelCompiler.Tool.Output;
using ModelCompiler.Tool.Tuning;

namespace ModelCompiler.Tool.Commands;

/// <summary><c>modelc tune MODEL</c>: measures every candidate of every part on the GPU at hand, then inside the whole encoder.</summary>
public static class TuneCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create(TextChannels channels)
    {
        var model = new Argument<string>("model") { Description = "Assembly with generated classes, or a model folder, of which config.json is enough." };
        var className = new Option<string?>("--class") { Description = "Of an assembly, only classes whose name contains this." };
        var buckets = new Option<int[]>("--buckets") { Description = "Token buckets; those of the classes by default.", AllowMultipleArgumentsPerToken = true };
        buckets.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens)
            {
                if (int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int tokens) && tokens is < 1 or > 65536)
                    result.AddError($"--buckets: expected 1 to 65536 tokens, found '{token.Value}'.");
            }
        });
        var precisions = new Option<string[]>("--precisions")
        {
            Description = "Precisions to measure, such as w4a4 w8a8, or w4a4-2of4 with sparse weights; those of the classes or of the checkpoint by default.",
            AllowMultipleArgumentsPerToken = true,
        };
        precisions.AcceptOnlyFromAmong([.. PrecisionOptions.Names, .. PrecisionOptions.SparseNames]);
        var sequence = new Option<int>("--sequence")
        {
            Description = "Tokens of a sequence, where a bucket has so many.",
            DefaultValueFactory = _ => 128,
        };
        sequence.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 and int wrong)
                result.AddError($"--sequence: expected 1 or more tokens, found '{wrong}'.");
        });
        Option<string> device = DeviceOption.Create("cuda:0");
        var output = new Option<string>("--output", "-o")
        {
            Description = $"Database to write; one of the same stamp is added to. Its name ends in {TuningDatabase.FileSuffix}.",
            DefaultValueFactory = _ => "kernels" + TuningDatabase.FileSuffix,
        };
        output.Validators.Add(result =>
        {
            if (!TuningDatabase.IsDatabase(result.GetValueOrDefault<string>()))
                result.AddError($"--output: expected a name that ends in {TuningDatabase.FileSuffix}, found '{result.GetValueOrDefault<string>()}'.");
        });
        var strategies = new Option<bool>("--strategies")
        {
            Description = "Also finds the fastest precision of each part for the checkpoint (the first of --precisions), among those that lose no accuracy (the others of --precisions, which are not tuned then, where given).",
        };
        var log = new Option<string?>("--log") { Description = "Log that a killed run goes on from; the output's name with '.log' by default." };
        var command = new Command("tune", "Finds the fastest kernels for a model on the GPU at hand and writes a tuning database.")
        {
            model, className, buckets, precisions, sequence, strategies, device, output, log,
        };
        command.SetAction(parsed => Run(channels, new(
            parsed.GetRequiredValue(model), parsed.GetValue(className), parsed.GetValue(buckets) ?? [], parsed.GetValue(precisions) ?? [],
            parsed.GetValue(sequence), parsed.GetValue(strategies), DeviceOption.Read(parsed, device), parsed.GetRequiredValue(output), parsed.GetValue(log) ?? parsed.GetRequiredValue(output) + ".log")));
        return command;
    }

    private static int Run(TextChannels channels, Request request)
    {
        TuningModel[] models = [.. Models(request)];
        TuningDatabase? earlier = Earlier(request.Output);
        if (!request.Device.IsCuda)
            throw new ModelCompilerException("--device: expected a GPU, whose kernels are to be measured, found cpu.");
        using CudaContext context = CudaContext.Open(request.Device.Ordinal);
        GpuArch arch = context.Info.Choose(Enum.GetValues<GpuArch>())
            ?? throw new GpuArchitectureException(request.Model, Enum.GetValues<GpuArch>(), context.Info);
        TuningStamp stamp = StampOf(context.Info, NvrtcCompiler.Load().Version);

        using var log = TuningLog.Open(request.Log, stamp);
        var tuner = new Tuner(channels, context, arch, stamp, log, request.Sequence);
        // With strategies, the schemes behind a model's first are what it may be changed into.
        IGrouping<EncoderModel, TuningModel>[] byModel = [.. models.GroupBy(m => m.Model)];
        TuningDatabase database = tuner.Tune(request.Strategies ? [.. byModel.Select(m => m.First())] : models, earlier);
        File.WriteAllText(request.Output, database.ToJson());
        if (request.Strategies)
        {
            foreach (IGrouping<EncoderModel, TuningModel> same in byModel)
            {
                LinearPrecision[] offered = [.. same.SelectMany(m => QuantizationScheme.Parts.Select(part => m.Scheme[part])).Distinct()];
                database = tuner.Strategies(same.First(), offered, database);
                File.WriteAllText(request.Output, database.ToJson());
            }
        }

        channels.Results.WriteLine($"{database.Entries.Count} entries in {request.Output}");
        return ModelCompilerTool.Success;
    }

    /// <summary>What is measured: classes, or a configuration, in one or several precisions, at the wanted buckets.</summary>
    private static IEnumerable<TuningModel> Models(Request request)
    {
        foreach (EncoderDescriptor model in Descriptors(request))
        {
            EquatableArray<int> buckets = request.Buckets.Length == 0 ? model.Shapes.TokenBuckets : request.Buckets.Distinct().Order().ToEquatableArray();
            IEnumerable<QuantizationScheme> schemes = request.Precisions.Length > 0
                ? request.Precisions.Select(p => QuantizationScheme.Uniform(PrecisionOptions.Parse(p)))
                : request.Strategies ? StrategySearch.Uniform(model.Scheme) : [model.Scheme];
            foreach (QuantizationScheme scheme in schemes)
                yield return new(model.Model, scheme, buckets);
        }
    }

    private static IEnumerable<EncoderDescriptor> Descriptors(Request request)
    {
        if (!request.Model.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
        {
            ModelFolder folder = ModelFolder.Open(request.Model);
            return [FolderDescriptor.Create(folder.Path, folder.Config, FolderDescriptor.SchemeOf(folder))];
        }

        EncoderDescriptor[] classes =
        [
            .. GeneratedEncoders.Load(request.Model).Where(c => request.Class is null || c.Name.Contains(request.Class, StringComparison.OrdinalIgnoreCase)),
        ];
        return classes.Length > 0
            ? classes
            : throw new ModelCompilerException($"{request.Model}: expected a class with [Encoder]{(request.Class is { } name ? $" whose name contains '{name}'" : "")}, found none.");
    }

    private static TuningDatabase? Earlier(string path) => File.Exists(path) ? TuningDatabaseFile.Read(path) : null;

    private static TuningStamp StampOf(CudaDeviceInfo gpu, NvrtcVersion compiler) => new(
        gpu.Name, $"{gpu.Major}.{gpu.Minor}", gpu.Multiprocessors, gpu.DriverText, compiler.ToString(),
        DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    private sealed record Request(string Model, string? Class, int[] Buckets, string[] Precisions, int Sequence, bool Strategies, Device Device, string Output, string Log);
}

using System.CommandLine;
using System.Globalization;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Configuration;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Loading;
using ModelCompiler.Tool.Output;
using Spectre.Console;

namespace ModelCompiler.Tool.Commands;

/// <summary><c>modelc inspect</c>: what a class computes, with which kernels, and in how much memory.</summary>
public static class InspectCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create(TextChannels channels)
    {
        var assembly = new Argument<string?>("assembly") { Description = "Assembly with generated classes.", Arity = ArgumentArity.ZeroOrOne };
        var config = new Option<string?>("--config") { Description = "A config.json instead of an assembly; combine with the precision options." };
        var className = new Option<string?>("--class") { Description = "Only classes whose name contains this." };
        var buckets = new Option<int[]>("--tokens") { Description = "Token buckets for --config.", AllowMultipleArgumentsPerToken = true };
        var architectures = new Option<GpuArch[]>("--arch")
        {
            Description = "Only these targets, such as sm_80 or sm_90a.",
            CustomParser = ArchitectureNames.ParseMany,
            AllowMultipleArgumentsPerToken = true,
        };
        var plan = new Option<bool>("--plan") { Description = "Also prints every op and buffer of the plan." };
        var json = new Option<bool>("--json") { Description = "Prints the result as JSON." };
        var command = new Command("inspect", "Shows model, plan, kernels and memory of generated classes or of a configuration.")
        {
            assembly, config, className, buckets, architectures, plan, json,
        };
        PrecisionOptions precision = PrecisionOptions.AddTo(command, "fp16");
        command.Validators.Add(result =>
        {
            if (result.GetValue(assembly) is null == result.GetValue(config) is null)
                result.AddError("inspect: expected either an assembly or --config.");
        });
        command.SetAction(parsed =>
        {
            GpuArch[] only = parsed.GetValue(architectures) ?? [];
            IReadOnlyList<EncoderDescriptor> classes = parsed.GetValue(config) is { } path
                ? [FromConfig(path, precision.Read(parsed, ActivationRange.PerToken), parsed.GetValue(buckets) ?? [])]
                : Select(parsed.GetValue(assembly)!, parsed.GetValue(className));
            Inspection[] inspections = [.. classes.Select(c => Inspection.Of(c, only))];
            if (parsed.GetValue(json))
                JsonResult.Write(channels.Results, inspections.Select(i => i.ToJson()));
            else
            {
                foreach (Inspection inspection in inspections)
                    Write(channels, inspection, parsed.GetValue(plan));
            }

            return inspections.All(i => i.Targets.All(t => t.Findings.Count == 0)) ? ModelCompilerTool.Success : ModelCompilerTool.UserError;
        });
        return command;
    }

    private static EncoderDescriptor FromConfig(string path, EquatableArray<QuantizeArguments> quantize, int[] buckets)
    {
        if (!File.Exists(path))
            throw new ModelCompilerException($"{path}: expected a config.json, found no such file.");
        HuggingFaceConfigResult result = HuggingFaceConfig.Parse(File.ReadAllText(path));
        return result.Config is { } config
            ? FolderDescriptor.Create(path, config, quantize, shapes: buckets.Length > 0 ? new(new(buckets)) : null)
            : throw new ModelCompilerException($"{path}: {string.Join("; ", result.Errors)}");
    }

    private static List<EncoderDescriptor> Select(string assembly, string? name)
    {
        List<EncoderDescriptor> classes =
            [.. GeneratedEncoders.Load(assembly).Where(c => name is null || c.Name.Contains(name, StringComparison.OrdinalIgnoreCase))];
        return classes.Count > 0
            ? classes
            : throw new ModelCompilerException($"{assembly}: expected a class with [Encoder]{(name is null ? "" : $" whose name contains '{name}'")}, found none.");
    }

    private static void Write(TextChannels channels, Inspection inspection, bool withPlan)
    {
        EncoderDescriptor descriptor = inspection.Descriptor;
        EncoderModel model = descriptor.Model;
        TextWriter output = channels.Results;
        output.WriteLine(descriptor.Name);
        output.WriteLine($"  model    {model.Family}, {model.Head}: {model.Layers} layers, hidden {model.HiddenSize}, {model.AttentionHeads} heads of {model.HeadSize}, intermediate {model.IntermediateSize}, vocabulary {model.VocabularySize}, {model.MaxPositions} positions{(model.Labels > 0 ? $", {model.Labels} labels" : "")}");
        output.WriteLine($"  scheme   {SchemeText.Of(descriptor.Scheme)}");
        foreach (BucketScheme strategy in descriptor.Strategies)
            output.WriteLine($"  strategy {strategy.Arch.Name()}, {strategy.Tokens} tokens: {SchemeText.Of(strategy.Scheme)}");
        foreach (KernelChoice tuned in descriptor.TunedKernels)
            output.WriteLine($"  tuned    {tuned.Arch.Name()}, {tuned.Tokens} tokens: {tuned.Candidate} for {tuned.Work}");
        output.WriteLine($"  shapes   buckets of {string.Join(", ", descriptor.Shapes.TokenBuckets)} tokens, sequences up to {descriptor.Shapes.MaxSequence}");
        output.WriteLine($"  weights  {Bytes(inspection.WeightBytes)}");
        output.WriteLine($"  plan     {inspection.Plan.Ops.Count} ops, {inspection.Plan.Buffers.Count} buffers, hash {descriptor.PlanHash}");
        output.WriteLine();
        if (withPlan)
            output.WriteLine(inspection.Plan.ToString());
        foreach (TargetPlan target in inspection.Targets)
        {
            WriteKernels(channels, target, descriptor.Shapes.MaxTokens);
            WriteMemory(channels, target);
            foreach (ScheduleFinding finding in target.Findings)
                output.WriteLine($"  cannot run: {finding}");
        }
    }

    private static void WriteKernels(TextChannels channels, TargetPlan target, int tokens)
    {
        var table = new Table().Border(TableBorder.Simple).Title($"{target.Arch.Name()}: {target.Kernels.Count} kernels");
        table.AddColumn(new TableColumn("kernel").NoWrap()).AddColumn("tile");
        foreach (string name in (string[])["threads", "shared bytes", "cluster", $"blocks at {tokens}"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (KernelPlan kernel in target.Kernels)
        {
            (int x, int y) = kernel.Grid(tokens);
            table.AddRow(
                Markup.Escape(kernel.Name),
                Markup.Escape(kernel is LinearKernel linear ? linear.Schedule : ""),
                $"{kernel.Threads}", $"{kernel.SharedBytes}", $"{kernel.ClusterSize}", $"{x} x {y}");
        }

        channels.ResultConsole.Write(table);
    }

    private static void WriteMemory(TextChannels channels, TargetPlan target)
    {
        var table = new Table().Border(TableBorder.Simple).Title($"{target.Arch.Name()}: memory per bucket");
        foreach (string name in (string[])["tokens", "launches", "buffers", "arena", "without reuse"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (BucketPlan bucket in target.AllBuckets)
        {
            table.AddRow(
                $"{bucket.Tokens}{(target.TiledBuckets.Contains(bucket) ? " in tiles" : "")}", $"{bucket.Launches.Count}", $"{bucket.Buffers.Count}",
                Bytes(bucket.Arena.PeakBytes), Bytes(bucket.Buffers.Sum(b => b.Bytes(bucket.Tokens))));
        }

        channels.ResultConsole.Write(table);
    }

    private static string Bytes(long bytes) => bytes switch
    {
        < 10 << 10 => $"{bytes} B",
        < 10 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):0.0} MiB"),
    };
}

using System.Collections.Immutable;
using System.CommandLine;
using ModelCompiler.Core;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Loading;
using ModelCompiler.Tool.Output;
using Spectre.Console;

namespace ModelCompiler.Tool.Commands;

/// <summary><c>modelc compile ASSEMBLY</c>: every kernel of every generated class, as content-addressed cubins.</summary>
public static class CompileCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create(TextChannels channels)
    {
        var assembly = new Argument<string>("assembly") { Description = "Assembly with generated classes." };
        var architectures = new Option<GpuArch[]>("--arch")
        {
            Description = "Only these targets of the classes, such as sm_80 or sm_90a. Repeatable.",
            CustomParser = ArchitectureNames.ParseMany,
            AllowMultipleArgumentsPerToken = true,
        };
        var output = new Option<string?>("--output", "-o") { Description = "Folder for the cubins; 'kernels' beside the assembly by default." };
        var threads = new Option<int>("--threads") { Description = "Compilations at a time; 0 for one per processor." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Prints errors only." };
        var optional = new Option<bool>("--if-available") { Description = "Does nothing, successfully, where there is no NVRTC." };
        var json = new Option<bool>("--json") { Description = "Prints the result as JSON." };
        var command = new Command("compile", "Compiles the kernels of generated classes ahead of time. Needs NVRTC, but neither a GPU nor a driver.")
        {
            assembly, architectures, output, threads, quiet, optional, json,
        };
        command.SetAction(parsed => Run(channels, new(
            parsed.GetRequiredValue(assembly),
            parsed.GetValue(architectures) ?? [],
            parsed.GetValue(output),
            parsed.GetValue(threads),
            parsed.GetValue(quiet),
            parsed.GetValue(optional),
            parsed.GetValue(json))));
        return command;
    }

    private static int Run(TextChannels channels, Request request)
    {
        IReadOnlyList<EncoderDescriptor> classes = GeneratedEncoders.Load(request.Assembly);
        if (classes.Count == 0)
            throw new ModelCompilerException($"{request.Assembly}: expected at least one class with [Encoder], found none.");
        // Equal kernels of several classes are compiled once.
        RenderedKernel[] kernels =
            [.. classes.SelectMany(c => c.Kernels())
                .Where(k => request.Architectures.Length == 0 || request.Architectures.Contains(k.Arch))
                .DistinctBy(k => (k.Arch, k.Hash))];
        string folder = request.Output ?? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(request.Assembly))!, "kernels");

        ImmutableArray<KernelOutcome> outcomes;
        try
        {
            outcomes = Compile(channels, request, kernels, folder);
        }
        catch (NvrtcNotFoundException e)
        {
            if (request.OnlyIfAvailable)
                return ModelCompilerTool.Success;
            throw new ModelCompilerException(e.Message, e);
        }
        catch (Exception e) when (e is NvrtcException or CubinCacheException)
        {
            throw new ModelCompilerException(e.Message, e);
        }

        return Report(channels, request, outcomes, folder);
    }

    private static ImmutableArray<KernelOutcome> Compile(TextChannels channels, Request request, RenderedKernel[] kernels, string folder)
    {
        var compiler = new KernelCompiler(cache: CubinCache.At(folder));
        KernelRequest[] requests = [.. kernels.Select(k => new KernelRequest(new KernelSource(k.Name, k.Source), k.Arch))];
        ImmutableArray<KernelOutcome> outcomes = [];
        WorkProgress.Run(channels, "compile", "kernels", requests.Length, request.Quiet || request.Json, advance =>
            outcomes = compiler.CompileAllAsync(requests, request.Threads, new Steps(advance)).GetAwaiter().GetResult());
        return outcomes;
    }

    private static int Report(TextChannels channels, Request request, ImmutableArray<KernelOutcome> outcomes, string folder)
    {
        KernelOutcome.Failed[] failed = [.. outcomes.OfType<KernelOutcome.Failed>()];
        foreach (KernelOutcome.Failed failure in failed)
            channels.Messages.WriteLine($"modelc: {failure.Error.Message}");
        KernelOutcome.Ready[] ready = [.. outcomes.OfType<KernelOutcome.Ready>()];
        if (request.Json)
            WriteJson(channels, ready, failed, folder);
        else if (!request.Quiet)
            WriteTable(channels, ready, folder);
        return failed.Length == 0 ? ModelCompilerTool.Success : ModelCompilerTool.UserError;
    }

    private static void WriteTable(TextChannels channels, KernelOutcome.Ready[] ready, string folder)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn(new TableColumn("kernel").NoWrap());
        table.AddColumn("target");
        foreach (string name in (string[])["registers", "static shared", "spilled bytes", "cubin bytes", "ms"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (KernelOutcome.Ready outcome in ready.OrderBy(o => o.Kernel.Name, StringComparer.Ordinal))
        {
            KernelResources resources = outcome.Kernel.Resources;
            table.AddRow(
                Markup.Escape(outcome.Kernel.Name),
                outcome.Kernel.Arch.Name(),
                $"{resources.Registers}",
                $"{resources.StaticSharedBytes}",
                $"{resources.SpillStoreBytes + resources.SpillLoadBytes}",
                $"{outcome.Kernel.Cubin.Length}",
                outcome.Origin == KernelOrigin.Compiled ? $"{outcome.Elapsed.TotalMilliseconds:0}" : "cached");
        }

        channels.ResultConsole.Write(table);
        channels.Results.WriteLine($"{ready.Length} kernels in {folder}");
    }

    private static void WriteJson(TextChannels channels, KernelOutcome.Ready[] ready, KernelOutcome.Failed[] failed, string folder) =>
        JsonResult.Write(channels.Results, new
        {
            Folder = folder,
            Kernels = ready.Select(o => new
            {
                o.Kernel.Name,
                Arch = o.Kernel.Arch.Name(),
                Key = o.Kernel.Key.ToString(),
                o.Kernel.Resources,
                CubinBytes = o.Kernel.Cubin.Length,
                Origin = o.Origin.ToString(),
                Milliseconds = o.Elapsed.TotalMilliseconds,
            }),
            Failed = failed.Select(f => new { f.Request.Source.Name, Arch = f.Request.Arch.Name(), f.Error.Message }),
        });

    private sealed record Request(
        string Assembly, GpuArch[] Architectures, string? Output, int Threads, bool Quiet, bool OnlyIfAvailable, bool Json);

    private sealed class Steps(Action<long> advance) : IProgress<KernelProgress>
    {
        public void Report(KernelProgress value) => advance(1);
    }
}

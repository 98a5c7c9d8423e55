using System.CommandLine;
using ModelCompiler.Conformance;
using ModelCompiler.Core;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Loading;
using ModelCompiler.Tool.Output;

namespace ModelCompiler.Tool.Commands;

/// <summary><c>modelc verify</c>: what the GPU is, and whether every kernel computes on it what the CPU executor computes.</summary>
public static class VerifyCommand
{
    private const int ReplayLanes = 4;
    private const int ReplayThreads = 16;

    /// <summary>Few tokens, and many, of whose kernels some have blocks that wait for one another.</summary>
    private static readonly string[] s_replayModels = ["sample-w4a4-", "many-w4a4-t"];

    /// <summary>Builds the command.</summary>
    public static Command Create(TextChannels channels)
    {
        Option<string> device = DeviceOption.Create("cuda:0");
        var reduced = new Option<bool>("--reduced") { Description = "Fewer and smaller cases, such as a sanitizer has time for." };
        var through = new Option<GpuArch[]>("--through-ptx")
        {
            Description = "The kernels of another architecture instead, compiled by the driver for this GPU: sm_80. Slow, but the same code.",
            CustomParser = ArchitectureNames.ParseMany,
            DefaultValueFactory = _ => [],
        };
        var replays = new Option<long>("--replays")
        {
            Description = $"Also so many batches from {ReplayThreads} threads on {ReplayLanes} lanes, of each of two models, each output held against the one it gave alone.",
        };
        var golden = new Option<string[]>("--golden")
        {
            Description = "Also these model folders, in FP16, against the outputs in their golden.safetensors.",
            AllowMultipleArgumentsPerToken = true,
        };
        var failures = new Option<bool>("--failures") { Description = "Also provokes failures, from damaged kernels to a session that is disposed of while it runs." };
        var json = new Option<string?>("--json") { Description = "File to write all results to." };
        var command = new Command("verify", "Reports on the GPU and proves every kernel on it against the CPU executor.") 
        {
            device, reduced, through, replays, golden, failures, json,
        };
        command.SetAction(parsed =>
        {
            Device target = DeviceOption.Read(parsed, device);
            if (target.IsCuda)
                Describe(channels, target);
            IReadOnlyList<ConformanceCase> cases = ConformanceSuite.Cases(parsed.GetValue(reduced));
            GpuArch[] foreign = parsed.GetValue(through) ?? [];
            ConformanceReport[] reports =
                foreign.Length == 0 ? [Run(channels, cases, target, null)] : [.. foreign.Select(arch => Run(channels, cases, target, arch))];
            ReplayReport[] stress = parsed.GetValue(replays) is > 0 and var count && target.IsCuda
                ? [.. s_replayModels.Select(model => Replay(channels, target, model, count))]
                : [];
            GoldenResult[] goldens = [.. (parsed.GetValue(golden) ?? []).SelectMany(folder => GoldenFolders.Check(folder, target))];
            FailureCheck[] provoked = parsed.GetValue(failures) && target.IsCuda ? Provoke(target) : [];
            foreach (object line in (object[])[.. goldens, .. provoked])
                channels.Results.WriteLine(line);
            if (parsed.GetValue(json) is { } path)
            {
                using var writer = new StreamWriter(path);
                JsonResult.Write(writer, new { Device = target.ToString(), Reports = reports, Replays = stress, Goldens = goldens, Failures = provoked });
            }

            bool failed = reports.Any(r => r.Failed) || stress.Any(s => !s.Passed) || goldens.Any(g => !g.Passed) || provoked.Any(p => p.Failure is not null);
            return failed ? ModelCompilerTool.UserError : ModelCompilerTool.Success;
        });
        return command;
    }

    private static ConformanceReport Run(TextChannels channels, IReadOnlyList<ConformanceCase> cases, Device device, GpuArch? throughPtx)
    {
        var origins = new KernelOrigins();
        ExecutorFactory factory = device.IsCuda
            ? GpuConformanceExecutor.On(device, throughPtx, origins)
            : (_, plan, weights) => new CpuConformanceExecutor(plan, weights, new() { Threads = 1, TokensPerPass = 1 });
        ConformanceReport? report = null;
        WorkProgress.Run(channels, throughPtx is { } arch ? $"verify {arch.Name()}" : "verify", "cases", cases.Count, quiet: false, advance =>
            report = ConformanceRunner.Run(cases, factory, new Advance(advance)));
        channels.Results.WriteLine(report);
        if (throughPtx is not null)
            channels.Results.WriteLine("kernels     compiled to PTX by NVRTC and from there by the driver");
        else if (device.IsCuda)
            channels.Results.WriteLine($"kernels     {origins}");
        return report!;
    }

    private static ReplayReport Replay(TextChannels channels, Device device, string model, long count)
    {
        ConformanceCase sample = ConformanceSuite.Cases(reduced: false).First(c => c.Name.StartsWith(model, StringComparison.Ordinal));
        ReplayReport? report = null;
        WorkProgress.Run(channels, $"replay {sample.Name}", "batches", count, quiet: false, advance =>
            report = ReplayStress.Run(device, sample, count, ReplayLanes, ReplayThreads, advance));
        channels.Results.WriteLine(report);
        return report!;
    }

    private static FailureCheck[] Provoke(Device device)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("modelc-verify-");
        try
        {
            return [.. FailureChecks.Run(device, folder.FullName)];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Describe(TextChannels channels, Device device)
    {
        using CudaContext context = CudaContext.Open(device.Ordinal);
        CudaDeviceInfo info = context.Info;
        (long free, long total) = context.Memory();
        channels.Results.WriteLine($"device      {info.Name}, cuda:{info.Ordinal}");
        channels.Results.WriteLine($"compute     {info.Major}.{info.Minor}, {info.Multiprocessors} multiprocessors, runs {info.Choose(Enum.GetValues<GpuArch>())?.Name() ?? "no kernels of this version"}");
        channels.Results.WriteLine($"driver      CUDA {info.DriverText}");
        channels.Results.WriteLine($"memory      {free >> 20} of {total >> 20} MiB free");
        string compiler;
        try
        {
            NvrtcCompiler nvrtc = NvrtcCompiler.Load();
            compiler = $"NVRTC {nvrtc.Version}, {nvrtc.Location}";
        }
        catch (NvrtcNotFoundException)
        {
            compiler = "none: only kernels that were compiled ahead of time run";
        }

        channels.Results.WriteLine($"compiler    {compiler}");
        channels.Results.WriteLine($"cache       {CubinCache.ForUser().Folder}");
    }

    private sealed class Advance(Action<long> advance) : IProgress<ConformanceResult>
    {
        public void Report(ConformanceResult value) => advance(1);
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace ModelCompiler.Cuda.Tests.Native;

/// <summary>
/// The kernels of <c>native/include/mc</c>, run as C++ on an emulated device and compared with plain references. A class for each
/// program, because classes run side by side.
/// </summary>
public abstract partial class EmulationTests
{
    private readonly EmulationProgram _program;
    private readonly ITestOutputHelper _log;

    private protected EmulationTests(ITestOutputHelper log, EmulationProgram program) => (_log, _program) = (log, program);

    [HostCompilerFact]
    public async Task Every_kernel_agrees_with_its_reference_at_ragged_sizes()
    {
        (int status, string output) = await _program.RunAsync();

        _log.WriteLine(output);
        Match summary = Summary().Match(output.TrimEnd());
        summary.Success.ShouldBeTrue($"no summary in the last line, status {status}:\n{output}");
        int.Parse(summary.Groups["checks"].Value, CultureInfo.InvariantCulture).ShouldBeGreaterThan(0);
        summary.Groups["failed"].Value.ShouldBe("0", output);
        status.ShouldBe(0, output);
    }

    [GeneratedRegex(@"(^|\n)(?<checks>\d+) checks, (?<failed>\d+) failed$", RegexOptions.ExplicitCapture)]
    private static partial Regex Summary();
}

public sealed class GemmEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("gemm_emulation_test.cpp", "-DMC_PART=0"));

public sealed class OtherGemmEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("gemm_emulation_test.cpp", "-DMC_PART=1"));

public sealed class AttentionEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("attention_emulation_test.cpp"));

public sealed class HopperAttentionEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("hopper_attention_emulation_test.cpp"));

public sealed class QkvAttentionEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("qkv_attention_emulation_test.cpp"));

public sealed class FewQkvAttentionEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("few_qkv_attention_emulation_test.cpp"));

public sealed class RowsEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("rows_emulation_test.cpp"));

public sealed class ResidentGemmEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("resident_emulation_test.cpp"));

public sealed class SplitGemmEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("split_emulation_test.cpp"));

public sealed class SplitKGemmEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("split_k_emulation_test.cpp"));

public sealed class HopperEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("hopper_emulation_test.cpp"));

public sealed class SparseEmulationTests(ITestOutputHelper log)
    : EmulationTests(log, new EmulationProgram("sparse_emulation_test.cpp"));

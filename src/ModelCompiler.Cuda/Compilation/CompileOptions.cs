using System.Collections.Immutable;
using ModelCompiler.Core;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>How kernels are compiled. Every option is passed explicitly, so that no default of a compiler version matters.</summary>
/// <remarks>
/// <list type="table">
/// <item><term><c>--gpu-architecture=sm_XX</c></term><description>a real architecture: the result is machine code</description></item>
/// <item><term><c>--std=c++17</c></term><description>the language of the headers</description></item>
/// <item><term><c>-default-device</c></term><description>functions without a qualifier are device functions</description></item>
/// <item><term><c>--prec-div=true</c></term><description>IEEE division: the quantizers' <c>1 / S</c> must round as on the CPU</description></item>
/// <item><term><c>--prec-sqrt=true</c></term><description>IEEE square root</description></item>
/// <item><term><c>--ftz=false</c></term><description>denormals are kept</description></item>
/// <item><term><c>--fmad=...</c></term><description>see <see cref="FusedMultiplyAdd"/></description></item>
/// <item><term><c>--ptxas-options=-v</c></term><description>the log reports registers and spills</description></item>
/// </list>
/// <c>--use_fast_math</c> is never passed.
/// </remarks>
public sealed record CompileOptions
{
    /// <summary>The options of every kernel that this project renders.</summary>
    public static CompileOptions Default { get; } = new();

    /// <summary>
    /// Whether <c>a * b + c</c> may become one fused instruction with a single rounding (<c>--fmad</c>, the compiler's own
    /// default). Where the order of roundings is part of the contract, a kernel writes <c>__fmul_rn</c> and
    /// <c>__fadd_rn</c>, which are never fused.
    /// </summary>
    public bool FusedMultiplyAdd { get; init; } = true;

    /// <summary>Whether profilers can map machine code to source lines (<c>--generate-line-info</c>). Code stays the same.</summary>
    public bool LineInfo { get; init; }

    /// <summary>Further options, after all others.</summary>
    public EquatableArray<string> Additional { get; init; } = EquatableArray<string>.Empty;

    /// <summary>The command line for the machine code of an architecture.</summary>
    public ImmutableArray<string> ToArguments(GpuArch arch) => ToArguments(arch.Name());

    /// <summary>The command line for PTX, which the driver of any later GPU compiles when it loads it.</summary>
    public ImmutableArray<string> ToPtxArguments(GpuArch arch) => ToArguments(arch.Name().Replace("sm_", "compute_", StringComparison.Ordinal));

    private ImmutableArray<string> ToArguments(string architecture)
    {
        var arguments = ImmutableArray.CreateBuilder<string>();
        arguments.Add($"--gpu-architecture={architecture}");
        arguments.Add("--std=c++17");
        arguments.Add("-default-device");
        arguments.Add("--prec-div=true");
        arguments.Add("--prec-sqrt=true");
        arguments.Add("--ftz=false");
        arguments.Add(FusedMultiplyAdd ? "--fmad=true" : "--fmad=false");
        if (architecture.StartsWith("sm_", StringComparison.Ordinal))
            arguments.Add("--ptxas-options=-v");
        if (LineInfo)
            arguments.Add("--generate-line-info");
        arguments.AddRange(Additional);
        return arguments.ToImmutable();
    }
}

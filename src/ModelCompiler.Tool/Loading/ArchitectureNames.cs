using System.CommandLine.Parsing;
using ModelCompiler.Core;

namespace ModelCompiler.Tool.Loading;

/// <summary>Architectures on the command line, spelled as NVIDIA's compilers do: <c>sm_80</c>, <c>sm_90a</c>.</summary>
public static class ArchitectureNames
{
    /// <summary>Parses the values of an option; an unknown name is an error of the command line.</summary>
    public static GpuArch[] ParseMany(ArgumentResult result)
    {
        var parsed = new List<GpuArch>();
        foreach (Token token in result.Tokens)
        {
            GpuArch arch = Enum.GetValues<GpuArch>().FirstOrDefault(a => a.Name() == token.Value);
            if (arch == default)
                result.AddError($"--arch: expected {string.Join(", ", Enum.GetValues<GpuArch>().Select(a => a.Name()))}, found '{token.Value}'.");
            else
                parsed.Add(arch);
        }

        return [.. parsed];
    }
}

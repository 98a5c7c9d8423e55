using System.CommandLine;
using System.Globalization;
using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Loading;

/// <summary>The option <c>--device</c>: <c>cpu</c>, or <c>cuda:N</c> for a GPU by its number.</summary>
public static class DeviceOption
{
    private const string GpuPrefix = "cuda:";

    /// <summary>Makes the option.</summary>
    public static Option<string> Create(string defaultDevice)
    {
        var option = new Option<string>("--device") { Description = "cpu, or cuda:0 for the first GPU.", DefaultValueFactory = _ => defaultDevice };
        option.Validators.Add(result =>
        {
            if (!TryParse(result.GetValueOrDefault<string>(), out _))
                result.AddError($"--device: expected cpu or cuda:N, found '{result.GetValueOrDefault<string>()}'.");
        });
        return option;
    }

    /// <summary>Reads a device's name.</summary>
    public static bool TryParse(string? text, out Device device)
    {
        device = Device.Cpu;
        if (text == "cpu")
            return true;
        if (text is null || !text.StartsWith(GpuPrefix, StringComparison.Ordinal)
            || !int.TryParse(text.AsSpan(GpuPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
            return false;
        device = Device.Cuda(ordinal);
        return true;
    }

    /// <summary>The device that the command line names.</summary>
    public static Device Read(ParseResult parsed, Option<string> option) =>
        TryParse(parsed.GetValue(option), out Device device) ? device : throw new InvalidOperationException("The option was not validated.");
}

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

/// <summary>Finds the bridge's library: the variable, beside the program, the user's cache.</summary>
internal static class BridgeLibrary
{
    /// <summary>Names the file; nothing else is tried where it is set.</summary>
    public const string Variable = "MODELCOMPILER_TORCH_BRIDGE";

    private const string FileName = "libmc_torch.so";

    private static readonly Lazy<nint> Opened = new(() => Open(Candidates(Environment.GetEnvironmentVariable(Variable))));

    /// <summary>What is tried, in order.</summary>
    public static string[] Candidates(string? chosen)
    {
        if (!string.IsNullOrEmpty(chosen))
            return [chosen];
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } root
            ? root
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return [Path.Combine(AppContext.BaseDirectory, FileName), Path.Combine(cache, "modelcompiler", "torch-bridge", FileName)];
    }

    /// <summary>Opens the first that loads.</summary>
    /// <exception cref="TorchNotFoundException">None does; the message lists what was tried and why it failed.</exception>
    public static nint Open(string[] candidates)
    {
        var tried = new List<string>();
        foreach (string candidate in candidates)
        {
            try
            {
                return NativeLibrary.Load(candidate);
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
            {
                tried.Add($"{candidate}: {(File.Exists(candidate) ? exception.Message.ReplaceLineEndings(" ").Trim() : "no such file")}");
            }
        }

        throw new TorchNotFoundException(
            $"Expected the bridge to libtorch, found none that loads; eng/install-libtorch.sh builds it, and {Variable} can name it. Tried: {string.Join("; ", tried)}");
    }

#pragma warning disable CA2255 // a resolver has to be there before the first import, from whatever class that is
    [ModuleInitializer]
    internal static void SetResolver() =>
        NativeLibrary.SetDllImportResolver(typeof(BridgeLibrary).Assembly, Resolve);
#pragma warning restore CA2255

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == Bridge.Library ? Opened.Value : 0;
}

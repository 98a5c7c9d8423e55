using System.Globalization;

namespace ModelCompiler.Cuda.Interop;

/// <summary>A library to try: a full path, or a bare name for the system's loader.</summary>
/// <param name="PathOrName">Full path, or bare file name.</param>
/// <param name="Origin">Why it is tried.</param>
internal sealed record NvrtcCandidate(string PathOrName, string Origin)
{
    public bool IsFile => Path.IsPathRooted(PathOrName);
}

/// <summary>
/// Where NVRTC may lie on a machine, in the order in which places are tried: the variable
/// <c>MODELCOMPILER_NVRTC</c> (a file or a folder), the folder that <c>eng/install-nvrtc.sh</c> fills,
/// <c>CUDA_PATH</c>, <c>/usr/local/cuda</c>, and the system loader's own paths. Where the variable is set, nothing else
/// is tried: a wrong value must not be hidden by a library that happens to lie elsewhere.
/// </summary>
/// <param name="environment">Reads an environment variable.</param>
/// <param name="isWindows">Whether names are those of Windows.</param>
internal sealed class NvrtcLibrarySearch(Func<string, string?> environment, bool isWindows)
{
    public const string Variable = "MODELCOMPILER_NVRTC";

    // Newest first. NVRTC's file name carries the major version; on Windows with a fixed minor version of 0.
    private static readonly int[] MajorVersions = [13, 12];

    public static NvrtcLibrarySearch ForThisMachine() =>
        new(Environment.GetEnvironmentVariable, OperatingSystem.IsWindows());

    /// <summary>Every library to try, in order. Places without one are added to <paramref name="probes"/>.</summary>
    public IEnumerable<NvrtcCandidate> Candidates(List<NvrtcProbe> probes)
    {
        string? chosen = environment(Variable);
        if (!string.IsNullOrEmpty(chosen))
        {
            string full = Path.GetFullPath(chosen);
            if (File.Exists(full))
                yield return new NvrtcCandidate(full, Variable);
            else
            {
                foreach (NvrtcCandidate candidate in InFolder(full, Variable, probes))
                    yield return candidate;
            }

            yield break;
        }

        foreach ((string folder, string origin) in Folders())
        {
            foreach (NvrtcCandidate candidate in InFolder(folder, origin, probes))
                yield return candidate;
        }

        foreach (string name in LoaderNames())
            yield return new NvrtcCandidate(name, "the system's loader");
    }

    /// <summary>File name of the library of built-in functions, which NVRTC opens by this very name.</summary>
    public string BuiltinsName(NvrtcVersion version) => isWindows
        ? string.Create(CultureInfo.InvariantCulture, $"nvrtc-builtins64_{version.Major}{version.Minor}.dll")
        : $"libnvrtc-builtins.so.{version}";

    private IEnumerable<(string Folder, string Origin)> Folders()
    {
        if (environment("XDG_CACHE_HOME") is { Length: > 0 } cache)
            yield return (Path.Combine(cache, "modelcompiler", "nvrtc-12.4"), "eng/install-nvrtc.sh");
        else if (environment("HOME") is { Length: > 0 } home)
            yield return (Path.Combine(home, ".cache", "modelcompiler", "nvrtc-12.4"), "eng/install-nvrtc.sh");
        if (environment("CUDA_PATH") is { Length: > 0 } toolkit)
        {
            if (isWindows)
            {
                yield return (Path.Combine(toolkit, "bin"), "CUDA_PATH");
                yield return (Path.Combine(toolkit, "bin", "x64"), "CUDA_PATH");
            }
            else
                yield return (Path.Combine(toolkit, "lib64"), "CUDA_PATH");
        }

        if (!isWindows)
            yield return ("/usr/local/cuda/lib64", "the toolkit's usual place");
    }

    private IEnumerable<NvrtcCandidate> InFolder(string folder, string origin, List<NvrtcProbe> probes)
    {
        if (!Directory.Exists(folder))
        {
            probes.Add(new NvrtcProbe(folder, origin, "no such file or folder"));
            return [];
        }

        string pattern = isWindows ? "nvrtc64_*_0.dll" : "libnvrtc.so*";
        NvrtcCandidate[] found = Directory.EnumerateFiles(folder, pattern)
            .Where(path => !Path.GetFileName(path).Contains(".alt.", StringComparison.Ordinal))
            .OrderByDescending(path => MajorOf(Path.GetFileName(path)))
            .ThenBy(path => Path.GetFileName(path).Length) // the soname before the file that it links to
            .ThenBy(path => path, StringComparer.Ordinal)
            .Select(path => new NvrtcCandidate(Path.GetFullPath(path), origin))
            .ToArray();
        if (found.Length == 0)
            probes.Add(new NvrtcProbe(folder, origin, $"holds no {pattern}"));
        return found;
    }

    private IEnumerable<string> LoaderNames()
    {
        foreach (int major in MajorVersions)
            yield return isWindows ? $"nvrtc64_{major}0_0.dll" : $"libnvrtc.so.{major}";
        if (!isWindows)
            yield return "libnvrtc.so";
    }

    // libnvrtc.so.12.4.127 -> 12; nvrtc64_120_0.dll -> 120; libnvrtc.so -> 0, since its version is unknown.
    private static int MajorOf(string fileName)
    {
        string digits = new(fileName.Replace("nvrtc64", "nvrtc", StringComparison.Ordinal)
            .SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit).ToArray());
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int major) ? major : 0;
    }
}

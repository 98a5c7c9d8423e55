using System.Runtime.InteropServices;

namespace ModelCompiler.Cuda.Interop;

/// <summary>
/// The NVRTC library of this process: found once, kept for good.
/// </summary>
/// <remarks>
/// NVRTC opens its library of built-in functions by bare name when it first compiles. The loader gives it the one that is
/// already in the process under that name, so opening the file beside NVRTC first makes any folder work, with no
/// <c>LD_LIBRARY_PATH</c>.
/// </remarks>
internal sealed unsafe class NvrtcLibrary
{
    private static readonly Lazy<NvrtcLibrary> Instance = new(() => Open(NvrtcLibrarySearch.ForThisMachine()));

    private NvrtcLibrary(nint handle, string location, NvrtcVersion version)
    {
        Handle = handle;
        Location = location;
        Version = version;
    }

    public nint Handle { get; }

    /// <summary>Full path, or the name that the system's loader knew.</summary>
    public string Location { get; }

    public NvrtcVersion Version { get; }

    /// <summary>The library of this process. The first call searches; later calls repeat its result or its error.</summary>
    /// <exception cref="NvrtcNotFoundException">No usable library is on this machine.</exception>
    public static NvrtcLibrary Shared => Instance.Value;

    /// <summary>Opens the first usable library of a search.</summary>
    /// <exception cref="NvrtcNotFoundException">The search leads to none.</exception>
    public static NvrtcLibrary Open(NvrtcLibrarySearch search)
    {
        var probes = new List<NvrtcProbe>();
        foreach (NvrtcCandidate candidate in search.Candidates(probes))
        {
            if (TryOpen(search, candidate, out string reason) is { } library)
                return library;
            probes.Add(new NvrtcProbe(candidate.PathOrName, candidate.Origin, reason));
        }

        throw new NvrtcNotFoundException(probes);
    }

    private static NvrtcLibrary? TryOpen(NvrtcLibrarySearch search, NvrtcCandidate candidate, out string reason)
    {
        nint handle;
        try
        {
            handle = NativeLibrary.Load(candidate.PathOrName);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            reason = candidate.IsFile ? exception.Message.ReplaceLineEndings(" ").Trim() : "not known there";
            return null;
        }

        if (VersionOf(handle) is not { } version)
            reason = "is not NVRTC: it lacks nvrtcVersion or nvrtcGetCUBIN";
        else if (version.CompareTo(NvrtcVersion.Oldest) < 0)
            reason = $"is NVRTC {version}; {NvrtcVersion.Oldest} or later is needed";
        else if (!TryOpenBuiltins(search.BuiltinsName(version), candidate, out reason))
            reason = $"NVRTC {version} is there, but not the {reason} that it needs";
        else
            return new NvrtcLibrary(handle, candidate.PathOrName, version);

        NativeLibrary.Free(handle);
        return null;
    }

    private static NvrtcVersion? VersionOf(nint handle)
    {
        if (!NativeLibrary.TryGetExport(handle, "nvrtcVersion", out nint nvrtcVersion)
            || !NativeLibrary.TryGetExport(handle, "nvrtcGetCUBIN", out _))
            return null;
        int major, minor;
        var result = (NvrtcResult)((delegate* unmanaged<int*, int*, int>)nvrtcVersion)(&major, &minor);
        return result == NvrtcResult.Success ? new NvrtcVersion(major, minor) : null;
    }

    private static bool TryOpenBuiltins(string name, NvrtcCandidate candidate, out string wanted)
    {
        wanted = name;
        if (candidate.IsFile)
        {
            // A link may lead to a folder that holds both, as in /usr/local/cuda/lib64.
            string real = File.ResolveLinkTarget(candidate.PathOrName, returnFinalTarget: true)?.FullName
                          ?? candidate.PathOrName;
            foreach (string folder in new[] { candidate.PathOrName, real }.Select(path => Path.GetDirectoryName(path)!))
            {
                if (NativeLibrary.TryLoad(Path.Combine(folder, name), out _))
                    return true;
            }
        }

        return NativeLibrary.TryLoad(name, out _);
    }
}

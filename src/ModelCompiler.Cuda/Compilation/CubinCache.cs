using ModelCompiler.Core;
using ModelCompiler.Cuda.Interop;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>What a look into a folder of cubins gave.</summary>
/// <param name="Kernel">The kernel, or null where no usable file is there.</param>
/// <param name="Damage">Path and fault of a damaged file that was met, or null.</param>
public sealed record CubinLookup(CompiledKernel? Kernel, string? Damage);

/// <summary>
/// A folder of compiled kernels, one file each, named by content. Any number of threads and processes may read and write
/// it: a file appears whole, by a rename, and is never changed afterwards.
/// </summary>
public sealed class CubinCache
{
    /// <summary>The variable that names the folder of <see cref="ForUser"/>.</summary>
    public const string FolderVariable = "MODELCOMPILER_CACHE";

    private CubinCache(string folder, bool isReadOnly)
    {
        Folder = Path.GetFullPath(folder);
        IsReadOnly = isReadOnly;
    }

    /// <summary>Full path of the folder. It need not exist.</summary>
    public string Folder { get; }

    /// <summary>True for a folder that ships with a program; damaged files are then left where they are.</summary>
    public bool IsReadOnly { get; }

    /// <summary>A folder to read and write, made when the first kernel is stored.</summary>
    public static CubinCache At(string folder) => new(folder, isReadOnly: false);

    /// <summary>A folder that was filled ahead of time and is only read.</summary>
    public static CubinCache ReadOnly(string folder) => new(folder, isReadOnly: true);

    /// <summary>
    /// The folder of the current user: <c>MODELCOMPILER_CACHE</c> if set, else <c>modelcompiler/cubins</c> under
    /// <c>XDG_CACHE_HOME</c>, <c>~/.cache</c>, or Windows' local application data.
    /// </summary>
    public static CubinCache ForUser()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } chosen)
            return At(chosen);
        string root = OperatingSystem.IsWindows()
            ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
                ? cache
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return At(Path.Combine(root, "modelcompiler", "cubins"));
    }

    /// <summary>Full path of the file of a key.</summary>
    public string PathOf(CubinKey key) => Path.Combine(Folder, key.FileName);

    /// <summary>
    /// Looks for exactly one key. A damaged file is deleted, unless the folder is read-only, and counts as none.
    /// </summary>
    /// <param name="key">Address by content.</param>
    /// <param name="name">Kernel that the file should hold.</param>
    /// <param name="arch">Architecture that it should be for.</param>
    /// <exception cref="CubinCacheException">The file is there and cannot be read, or is damaged and cannot be deleted.</exception>
    public CubinLookup Find(CubinKey key, string name, GpuArch arch)
    {
        string path = PathOf(key);
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new CubinLookup(null, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CubinCacheException(path, "read", exception);
        }

        if (CubinEntry.TryRead(file, key, name, arch, out CompiledKernel? kernel, out string? damage))
            return new CubinLookup(kernel, null);
        if (!IsReadOnly)
            Guard(path, "delete the damaged file", () => File.Delete(path));
        return new CubinLookup(null, $"{path}: {damage}");
    }

    /// <summary>Looks for a kernel whichever compiler made it, the newest version first.</summary>
    /// <param name="content">First part of the key.</param>
    /// <param name="name">Kernel that the file should hold.</param>
    /// <param name="arch">Architecture that it should be for.</param>
    /// <exception cref="CubinCacheException">The folder is there and cannot be read.</exception>
    public CubinLookup FindAnyVersion(string content, string name, GpuArch arch)
    {
        if (!Directory.Exists(Folder))
            return new CubinLookup(null, null);
        CubinKey[] keys = [];
        Guard(Folder, "list", () => keys = Directory.EnumerateFiles(Folder, content + ".nvrtc*.cubin")
            .Select(path => CubinKey.FromFileName(Path.GetFileName(path)))
            .OfType<CubinKey>()
            .OrderByDescending(key => key.Compiler)
            .ToArray());
        string? damage = null;
        foreach (CubinKey key in keys)
        {
            CubinLookup lookup = Find(key, name, arch);
            damage ??= lookup.Damage;
            if (lookup.Kernel is not null)
                return lookup with { Damage = damage };
        }

        return new CubinLookup(null, damage);
    }

    /// <summary>Stores a kernel: writes a file of another name, then renames it.</summary>
    /// <exception cref="CubinCacheException">The folder cannot be written.</exception>
    public void Store(CompiledKernel kernel)
    {
        if (IsReadOnly)
            throw new InvalidOperationException($"The folder {Folder} is only read; '{kernel.Name}' cannot be stored in it.");
        string path = PathOf(kernel.Key);
        string temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        Guard(path, "write", () =>
        {
            Directory.CreateDirectory(Folder);
            try
            {
                File.WriteAllBytes(temporary, CubinEntry.Write(kernel));
                // Another process may have been first: its file holds the same, so replacing it changes nothing.
                File.Move(temporary, path, overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }
        });
    }

    /// <inheritdoc/>
    public override string ToString() => IsReadOnly ? $"{Folder} (read-only)" : Folder;

    private static void Guard(string path, string verb, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CubinCacheException(path, verb, exception);
        }
    }
}

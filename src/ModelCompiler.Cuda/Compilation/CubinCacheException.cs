namespace ModelCompiler.Cuda.Compilation;

/// <summary>A folder of compiled kernels cannot be used.</summary>
/// <param name="path">File or folder.</param>
/// <param name="verb">What could not be done with it.</param>
/// <param name="inner">Error of the file system.</param>
public sealed class CubinCacheException(string path, string verb, Exception inner) : IOException(
    $"The cache of compiled kernels cannot {verb}: {path}: {inner.Message} "
    + $"Set {CubinCache.FolderVariable} to a folder that can be written.",
    inner)
{
    /// <summary>File or folder that could not be used.</summary>
    public string CachePath { get; } = path;
}

using System.Reflection;
using System.Runtime.InteropServices;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Cuda.Interop;

/// <summary>Where this assembly's imports come from. An assembly can have one resolver, so both libraries share it.</summary>
internal static class NativeImports
{
    static NativeImports() => NativeLibrary.SetDllImportResolver(typeof(NativeImports).Assembly, Resolve);

    /// <summary>Called by each class of imports before its first one.</summary>
    public static void EnsureResolver()
    {
    }

    private static nint Resolve(string libraryName, Assembly assembly, DllImportSearchPath? searchPath) => libraryName switch
    {
        NvrtcNative.Library => NvrtcLibrary.Shared.Handle,
        CudaNative.Library => CudaLibrary.Handle,
        _ => 0, // the default search
    };
}

using System.Runtime.InteropServices;

namespace ModelCompiler.Cuda.Interop;

/// <summary>The functions of NVRTC that are used here, with their C names. Nothing is checked: see <see cref="NvrtcCompiler"/>.</summary>
internal static partial class NvrtcNative
{
    internal const string Library = "nvrtc";

    static NvrtcNative() => NativeImports.EnsureResolver();

    [LibraryImport(Library)]
    internal static partial NvrtcResult nvrtcGetNumSupportedArchs(out int numArchs);

    [LibraryImport(Library)]
    internal static unsafe partial NvrtcResult nvrtcGetSupportedArchs(int* supportedArchs);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NvrtcResult nvrtcCreateProgram(
        out NvrtcProgramHandle prog, string src, string name, int numHeaders, string[] headers, string[] includeNames);

    [LibraryImport(Library)]
    internal static partial NvrtcResult nvrtcDestroyProgram(ref nint prog);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NvrtcResult nvrtcCompileProgram(NvrtcProgramHandle prog, int numOptions, string[] options);

    [LibraryImport(Library)]
    internal static partial NvrtcResult nvrtcGetProgramLogSize(NvrtcProgramHandle prog, out nuint logSizeRet);

    [LibraryImport(Library)]
    internal static unsafe partial NvrtcResult nvrtcGetProgramLog(NvrtcProgramHandle prog, byte* log);

    [LibraryImport(Library)]
    internal static partial NvrtcResult nvrtcGetPTXSize(NvrtcProgramHandle prog, out nuint ptxSizeRet);

    [LibraryImport(Library)]
    internal static unsafe partial NvrtcResult nvrtcGetPTX(NvrtcProgramHandle prog, byte* ptx);

    [LibraryImport(Library)]
    internal static partial NvrtcResult nvrtcGetCUBINSize(NvrtcProgramHandle prog, out nuint cubinSizeRet);

    [LibraryImport(Library)]
    internal static unsafe partial NvrtcResult nvrtcGetCUBIN(NvrtcProgramHandle prog, byte* cubin);
}

/// <summary>Owns an <c>nvrtcProgram</c>.</summary>
internal sealed class NvrtcProgramHandle : SafeHandle
{
    public NvrtcProgramHandle()
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        nint program = handle;
        return NvrtcNative.nvrtcDestroyProgram(ref program) == NvrtcResult.Success;
    }
}

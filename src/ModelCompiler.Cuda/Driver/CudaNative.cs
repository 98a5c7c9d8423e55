using System.Runtime.InteropServices;

namespace ModelCompiler.Cuda.Driver;

/// <summary>The functions of the driver API that are used here, with their C names. Nothing is checked: see the handle types.</summary>
/// <remarks><see cref="CudaLibrary"/> finds the library; the assembly's import resolver is in <see cref="Interop.NativeImports"/>.</remarks>
internal static unsafe partial class CudaNative
{
    internal const string Library = "cuda";

    static CudaNative() => Interop.NativeImports.EnsureResolver();

    [LibraryImport(Library)]
    internal static partial CudaResult cuInit(uint flags);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDriverGetVersion(out int version);

    [LibraryImport(Library)]
    internal static partial CudaResult cuGetErrorName(CudaResult error, out byte* name);

    [LibraryImport(Library)]
    internal static partial CudaResult cuGetErrorString(CudaResult error, out byte* text);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDeviceGetCount(out int count);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDeviceGet(out int device, int ordinal);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDeviceGetName(byte* name, int length, int device);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDeviceGetAttribute(out int value, CudaDeviceAttribute attribute, int device);

    [LibraryImport(Library, EntryPoint = "cuDeviceTotalMem_v2")]
    internal static partial CudaResult cuDeviceTotalMem(out nuint bytes, int device);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDevicePrimaryCtxRetain(out nint context, int device);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    internal static partial CudaResult cuDevicePrimaryCtxRelease(int device);

    [LibraryImport(Library, EntryPoint = "cuCtxPushCurrent_v2")]
    internal static partial CudaResult cuCtxPushCurrent(nint context);

    [LibraryImport(Library, EntryPoint = "cuCtxPopCurrent_v2")]
    internal static partial CudaResult cuCtxPopCurrent(out nint context);

    [LibraryImport(Library)]
    internal static partial CudaResult cuCtxSynchronize();

    [LibraryImport(Library, EntryPoint = "cuMemGetInfo_v2")]
    internal static partial CudaResult cuMemGetInfo(out nuint free, out nuint total);

    [LibraryImport(Library, EntryPoint = "cuMemAlloc_v2")]
    internal static partial CudaResult cuMemAlloc(out nint address, nuint bytes);

    [LibraryImport(Library, EntryPoint = "cuMemFree_v2")]
    internal static partial CudaResult cuMemFree(nint address);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemHostAlloc(out nint pointer, nuint bytes, uint flags);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemFreeHost(nint pointer);

    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoDAsync_v2")]
    internal static partial CudaResult cuMemcpyHtoDAsync(ulong target, void* source, nuint bytes, nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoHAsync_v2")]
    internal static partial CudaResult cuMemcpyDtoHAsync(void* target, ulong source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemsetD8Async(ulong target, byte value, nuint bytes, nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuModuleLoadData(out nint module, void* image);

    [LibraryImport(Library)]
    internal static partial CudaResult cuModuleUnload(nint module);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial CudaResult cuModuleGetFunction(out nint function, nint module, string name);

    [LibraryImport(Library)]
    internal static partial CudaResult cuFuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value);

    [LibraryImport(Library)]
    internal static partial CudaResult cuFuncGetAttribute(out int value, CudaFunctionAttribute attribute, nint function);

    [LibraryImport(Library)]
    internal static partial CudaResult cuOccupancyMaxActiveBlocksPerMultiprocessor(
        out int blocks, nint function, int threads, nuint dynamicSharedBytes);

    [LibraryImport(Library)]
    internal static partial CudaResult cuOccupancyMaxActiveClusters(out int clusters, nint function, CudaLaunchConfig* config);

    [LibraryImport(Library)]
    internal static partial CudaResult cuLaunchKernelEx(CudaLaunchConfig* config, nint function, void** parameters, void** extra);

    [LibraryImport(Library)]
    internal static partial CudaResult cuTensorMapEncodeTiled(
        TensorMap* map, int dataType, uint rank, ulong address, ulong* sizes, ulong* strides, uint* box, uint* elementStrides, int interleave,
        int swizzle, int promotion, int fill);

    [LibraryImport(Library)]
    internal static partial CudaResult cuStreamCreate(out nint stream, uint flags);

    [LibraryImport(Library, EntryPoint = "cuStreamDestroy_v2")]
    internal static partial CudaResult cuStreamDestroy(nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuStreamSynchronize(nint stream);

    [LibraryImport(Library, EntryPoint = "cuStreamBeginCapture_v2")]
    internal static partial CudaResult cuStreamBeginCapture(nint stream, int mode);

    [LibraryImport(Library)]
    internal static partial CudaResult cuStreamEndCapture(nint stream, out nint graph);

    [LibraryImport(Library)]
    internal static partial CudaResult cuGraphInstantiateWithFlags(out nint graphExec, nint graph, ulong flags);

    [LibraryImport(Library)]
    internal static partial CudaResult cuGraphUpload(nint graphExec, nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuGraphLaunch(nint graphExec, nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuGraphDestroy(nint graph);

    [LibraryImport(Library)]
    internal static partial CudaResult cuGraphExecDestroy(nint graphExec);

    [LibraryImport(Library)]
    internal static partial CudaResult cuEventCreate(out nint created, uint flags);

    [LibraryImport(Library, EntryPoint = "cuEventDestroy_v2")]
    internal static partial CudaResult cuEventDestroy(nint recorded);

    [LibraryImport(Library)]
    internal static partial CudaResult cuEventRecord(nint recorded, nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuStreamWaitEvent(nint stream, nint recorded, uint flags);

    [LibraryImport(Library)]
    internal static partial CudaResult cuEventQuery(nint recorded);

    [LibraryImport(Library)]
    internal static partial CudaResult cuEventSynchronize(nint recorded);

    [LibraryImport(Library)]
    internal static partial CudaResult cuEventElapsedTime(out float milliseconds, nint start, nint end);
}

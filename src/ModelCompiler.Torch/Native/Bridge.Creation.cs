using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

// Tensors from nothing and from memory; creation.cpp.
internal static unsafe partial class Bridge
{
    [LibraryImport(Library)]
    public static partial TensorHandle mct_empty(long[] shape, long rank, int dtype, int deviceType, int deviceIndex);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_zeros(long[] shape, long rank, int dtype, int deviceType, int deviceIndex);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_ones(long[] shape, long rank, int dtype, int deviceType, int deviceIndex);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_rand(long[] shape, long rank, int dtype, int deviceType, int deviceIndex);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_randn(long[] shape, long rank, int dtype, int deviceType, int deviceIndex);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_full(MctScalar value, long[] shape, long rank, int dtype, int deviceType, int deviceIndex);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_arange(MctScalar start, MctScalar stop, MctScalar step, int dtype, int deviceType, int deviceIndex);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_zeros_like(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_ones_like(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_from_memory(void* data, long[] shape, long rank, int dtype, int deviceType, int deviceIndex);
}

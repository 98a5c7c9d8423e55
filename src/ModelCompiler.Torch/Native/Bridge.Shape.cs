using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

// Views, copies in another order, and elements by index; shape.cpp.
internal static unsafe partial class Bridge
{
    [LibraryImport(Library)]
    public static partial TensorHandle mct_view(TensorHandle x, long[] shape, long rank);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_reshape(TensorHandle x, long[] shape, long rank);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_expand(TensorHandle x, long[] shape, long rank);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_permute(TensorHandle x, long[] shape, long rank);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_transpose(TensorHandle x, long a, long b);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_narrow(TensorHandle x, long dim, long start, long length);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_select(TensorHandle x, long dim, long index);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_unsqueeze(TensorHandle x, long dim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_squeeze(TensorHandle x, long dim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_contiguous(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_clone(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_gather(TensorHandle x, long dim, TensorHandle index);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_index_select(TensorHandle x, long dim, TensorHandle index);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_scatter(TensorHandle x, long dim, TensorHandle index, TensorHandle source);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_cat(nint[] parts, long count, long dim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_stack(nint[] parts, long count, long dim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_to_type(TensorHandle x, int dtype);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_to_device(TensorHandle x, int deviceType, int deviceIndex);
}

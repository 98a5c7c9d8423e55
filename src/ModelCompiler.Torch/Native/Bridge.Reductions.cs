using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

// Sums, means and extremes; reductions.cpp.
internal static unsafe partial class Bridge
{
    [LibraryImport(Library)]
    public static partial TensorHandle mct_all(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_any(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_max(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_mean(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_min(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_norm(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_sum(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_amax_dims(TensorHandle x, long[] dims, long count, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_amin_dims(TensorHandle x, long[] dims, long count, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_mean_dims(TensorHandle x, long[] dims, long count, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_sum_dims(TensorHandle x, long[] dims, long count, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_argmax(TensorHandle x, long dim, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_argmin(TensorHandle x, long dim, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_topk(TensorHandle x, long k, long dim, [MarshalAs(UnmanagedType.U1)] bool largest, [MarshalAs(UnmanagedType.U1)] bool sorted, out TensorHandle values, out TensorHandle places);
}

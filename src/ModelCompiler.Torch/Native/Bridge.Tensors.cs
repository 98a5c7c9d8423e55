using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

/// <summary>The entry points of native/torch-bridge, name for name.</summary>
internal static unsafe partial class Bridge
{
    public const string Library = "mc_torch";

    // Lifetime, properties and contents; tensor.cpp.

    [LibraryImport(Library)]
    public static partial nint mct_last_error();

    [LibraryImport(Library)]
    public static partial nint mct_version();

    [LibraryImport(Library)]
    public static partial long mct_live_tensors();

    [LibraryImport(Library)]
    public static partial void mct_tensor_free(nint x);

    [LibraryImport(Library)]
    public static partial long mct_numel(TensorHandle x);

    [LibraryImport(Library)]
    public static partial long mct_ndim(TensorHandle x);

    [LibraryImport(Library)]
    public static partial long mct_size(TensorHandle x, long dim);

    [LibraryImport(Library)]
    public static partial int mct_dtype(TensorHandle x);

    [LibraryImport(Library)]
    public static partial int mct_device_type(TensorHandle x);

    [LibraryImport(Library)]
    public static partial int mct_device_index(TensorHandle x);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_item(TensorHandle x, out MctScalar value);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_copy_out(TensorHandle x, void* target, long bytes);
}

using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

// Gradients; autograd.cpp.
internal static unsafe partial class Bridge
{
    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_requires_grad(TensorHandle x);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_set_requires_grad(TensorHandle x, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_is_leaf(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_detach(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_grad(TensorHandle x);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_set_grad(TensorHandle x, TensorHandle value);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_backward(TensorHandle x, TensorHandle gradient);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_grad_enabled();

    [LibraryImport(Library)]
    public static partial void mct_set_grad_enabled([MarshalAs(UnmanagedType.U1)] bool enabled);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_set_autocast(int deviceType, [MarshalAs(UnmanagedType.U1)] bool enabled, int dtype);
}

using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

// Devices, seeds, optimizers and process groups; devices.cpp, optimizer.cpp, distributed.cpp.
internal static unsafe partial class Bridge
{
    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_cuda_is_available();

    [LibraryImport(Library)]
    public static partial long mct_cuda_device_count();

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_cuda_synchronize();

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_manual_seed(long seed);

    [LibraryImport(Library)]
    public static partial int mct_get_num_threads();

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_set_num_threads(int threads);

    [LibraryImport(Library)]
    public static partial OptimizerHandle mct_adamw(nint[] parameters, long count, double rate, double beta1, double beta2, double epsilon, double decay);

    [LibraryImport(Library)]
    public static partial void mct_optimizer_free(nint optimizer);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_optimizer_step(OptimizerHandle optimizer);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_optimizer_zero_grad(OptimizerHandle optimizer);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_optimizer_set_rate(OptimizerHandle optimizer, double rate);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_clip_grad_norm(nint[] parameters, long count, double most, out double norm);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_init_process_group(string backend, string address, int port, int rank, int size, long timeoutMs);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_all_reduce(TensorHandle x);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_broadcast(TensorHandle x, int root);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_barrier();

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_destroy_process_group();
}

using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

// Products and the functions of a transformer; functional.cpp.
internal static unsafe partial class Bridge
{
    [LibraryImport(Library)]
    public static partial TensorHandle mct_matmul(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_linear(TensorHandle x, TensorHandle weight, TensorHandle bias);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_softmax(TensorHandle x, long dim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_log_softmax(TensorHandle x, long dim);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_gelu(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_dropout(TensorHandle x, double probability, [MarshalAs(UnmanagedType.U1)] bool training);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_embedding(TensorHandle ids, TensorHandle weight);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_layer_norm(TensorHandle x, long[] shape, long rank, TensorHandle weight, TensorHandle bias, double epsilon);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_mse_loss(TensorHandle x, TensorHandle y, long reduction);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_kl_div(TensorHandle x, TensorHandle y, long reduction, [MarshalAs(UnmanagedType.U1)] bool logTarget);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_cross_entropy(TensorHandle x, TensorHandle labels, long reduction, double smoothing);
}

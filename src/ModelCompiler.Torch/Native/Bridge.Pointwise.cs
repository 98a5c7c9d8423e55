using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

// Functions of each element by itself; pointwise.cpp.
internal static unsafe partial class Bridge
{
    [LibraryImport(Library)]
    public static partial TensorHandle mct_abs(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_ceil(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_cos(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_erf(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_exp(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_floor(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_isfinite(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_isinf(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_isnan(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_log(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_logical_not(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_neg(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_reciprocal(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_relu(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_round(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_rsqrt(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_sigmoid(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_sign(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_sin(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_sqrt(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_tanh(TensorHandle x);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_add(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_add_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_sub(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_sub_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_mul(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_mul_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_div(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_div_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_pow(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_pow_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_eq(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_eq_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_ne(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_ne_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_lt(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_lt_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_le(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_le_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_gt(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_gt_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_ge(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_ge_scalar(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_maximum(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_minimum(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_where(TensorHandle condition, TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_clamp_min(TensorHandle x, MctScalar low);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_clamp_max(TensorHandle x, MctScalar high);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_clamp(TensorHandle x, MctScalar low, MctScalar high);

    [LibraryImport(Library)]
    public static partial TensorHandle mct_masked_fill(TensorHandle x, TensorHandle mask, MctScalar value);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_add_(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_add_scalar_(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_sub_(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_sub_scalar_(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_mul_(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_mul_scalar_(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_div_(TensorHandle x, TensorHandle y);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_div_scalar_(TensorHandle x, MctScalar y);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_add_scaled_(TensorHandle x, TensorHandle y, MctScalar factor);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_zero_(TensorHandle x);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_fill_(TensorHandle x, MctScalar value);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_copy_(TensorHandle x, TensorHandle source);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_addcmul_(TensorHandle x, TensorHandle y, TensorHandle z, MctScalar value);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mct_addcdiv_(TensorHandle x, TensorHandle y, TensorHandle z, MctScalar value);
}

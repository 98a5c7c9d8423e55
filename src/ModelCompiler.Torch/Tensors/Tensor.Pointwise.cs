using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    // Functions of each element by itself.
    public sealed partial class Tensor
    {
        public Tensor abs() => Call.Made(Bridge.mct_abs(Handle));

        public Tensor ceil() => Call.Made(Bridge.mct_ceil(Handle));

        public Tensor cos() => Call.Made(Bridge.mct_cos(Handle));

        public Tensor erf() => Call.Made(Bridge.mct_erf(Handle));

        public Tensor exp() => Call.Made(Bridge.mct_exp(Handle));

        public Tensor floor() => Call.Made(Bridge.mct_floor(Handle));

        public Tensor isfinite() => Call.Made(Bridge.mct_isfinite(Handle));

        public Tensor isinf() => Call.Made(Bridge.mct_isinf(Handle));

        public Tensor isnan() => Call.Made(Bridge.mct_isnan(Handle));

        public Tensor log() => Call.Made(Bridge.mct_log(Handle));

        public Tensor logical_not() => Call.Made(Bridge.mct_logical_not(Handle));

        public Tensor neg() => Call.Made(Bridge.mct_neg(Handle));

        public Tensor reciprocal() => Call.Made(Bridge.mct_reciprocal(Handle));

        public Tensor relu() => Call.Made(Bridge.mct_relu(Handle));

        public Tensor round() => Call.Made(Bridge.mct_round(Handle));

        public Tensor rsqrt() => Call.Made(Bridge.mct_rsqrt(Handle));

        public Tensor sigmoid() => Call.Made(Bridge.mct_sigmoid(Handle));

        public Tensor sign() => Call.Made(Bridge.mct_sign(Handle));

        public Tensor sin() => Call.Made(Bridge.mct_sin(Handle));

        public Tensor sqrt() => Call.Made(Bridge.mct_sqrt(Handle));

        public Tensor tanh() => Call.Made(Bridge.mct_tanh(Handle));

        public Tensor add(Tensor other) => Call.Made(Bridge.mct_add(Handle, other.Handle));

        public Tensor add(Scalar other) => Call.Made(Bridge.mct_add_scalar(Handle, other.Native));

        public Tensor sub(Tensor other) => Call.Made(Bridge.mct_sub(Handle, other.Handle));

        public Tensor sub(Scalar other) => Call.Made(Bridge.mct_sub_scalar(Handle, other.Native));

        public Tensor mul(Tensor other) => Call.Made(Bridge.mct_mul(Handle, other.Handle));

        public Tensor mul(Scalar other) => Call.Made(Bridge.mct_mul_scalar(Handle, other.Native));

        public Tensor div(Tensor other) => Call.Made(Bridge.mct_div(Handle, other.Handle));

        public Tensor div(Scalar other) => Call.Made(Bridge.mct_div_scalar(Handle, other.Native));

        public Tensor pow(Tensor other) => Call.Made(Bridge.mct_pow(Handle, other.Handle));

        public Tensor pow(Scalar other) => Call.Made(Bridge.mct_pow_scalar(Handle, other.Native));

        public Tensor eq(Tensor other) => Call.Made(Bridge.mct_eq(Handle, other.Handle));

        public Tensor eq(Scalar other) => Call.Made(Bridge.mct_eq_scalar(Handle, other.Native));

        public Tensor ne(Tensor other) => Call.Made(Bridge.mct_ne(Handle, other.Handle));

        public Tensor ne(Scalar other) => Call.Made(Bridge.mct_ne_scalar(Handle, other.Native));

        public Tensor lt(Tensor other) => Call.Made(Bridge.mct_lt(Handle, other.Handle));

        public Tensor lt(Scalar other) => Call.Made(Bridge.mct_lt_scalar(Handle, other.Native));

        public Tensor le(Tensor other) => Call.Made(Bridge.mct_le(Handle, other.Handle));

        public Tensor le(Scalar other) => Call.Made(Bridge.mct_le_scalar(Handle, other.Native));

        public Tensor gt(Tensor other) => Call.Made(Bridge.mct_gt(Handle, other.Handle));

        public Tensor gt(Scalar other) => Call.Made(Bridge.mct_gt_scalar(Handle, other.Native));

        public Tensor ge(Tensor other) => Call.Made(Bridge.mct_ge(Handle, other.Handle));

        public Tensor ge(Scalar other) => Call.Made(Bridge.mct_ge_scalar(Handle, other.Native));

        public Tensor maximum(Tensor other) => Call.Made(Bridge.mct_maximum(Handle, other.Handle));

        public Tensor minimum(Tensor other) => Call.Made(Bridge.mct_minimum(Handle, other.Handle));

        public Tensor clamp(Scalar min, Scalar max) => Call.Made(Bridge.mct_clamp(Handle, min.Native, max.Native));

        public Tensor clamp_min(Scalar min) => Call.Made(Bridge.mct_clamp_min(Handle, min.Native));

        public Tensor clamp_max(Scalar max) => Call.Made(Bridge.mct_clamp_max(Handle, max.Native));

        public Tensor masked_fill(Tensor mask, Scalar value) => Call.Made(Bridge.mct_masked_fill(Handle, mask.Handle, value.Native));

        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);

        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);

        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);

        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        public static Tensor operator -(Tensor tensor) => tensor.neg();

        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);

        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);

        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);

        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);
    }
}

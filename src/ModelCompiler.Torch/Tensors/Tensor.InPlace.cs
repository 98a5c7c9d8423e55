using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    // Operations that change the tensor and return it.
    public sealed partial class Tensor
    {
        public Tensor add_(Tensor other) => Changed(Bridge.mct_add_(Handle, other.Handle));

        public Tensor add_(Scalar other) => Changed(Bridge.mct_add_scalar_(Handle, other.Native));

        public Tensor sub_(Tensor other) => Changed(Bridge.mct_sub_(Handle, other.Handle));

        public Tensor sub_(Scalar other) => Changed(Bridge.mct_sub_scalar_(Handle, other.Native));

        public Tensor mul_(Tensor other) => Changed(Bridge.mct_mul_(Handle, other.Handle));

        public Tensor mul_(Scalar other) => Changed(Bridge.mct_mul_scalar_(Handle, other.Native));

        public Tensor div_(Tensor other) => Changed(Bridge.mct_div_(Handle, other.Handle));

        public Tensor div_(Scalar other) => Changed(Bridge.mct_div_scalar_(Handle, other.Native));

        /// <summary>this += alpha · other.</summary>
        public Tensor add_(Tensor other, Scalar alpha) => Changed(Bridge.mct_add_scaled_(Handle, other.Handle, alpha.Native));

        public Tensor zero_() => Changed(Bridge.mct_zero_(Handle));

        public Tensor fill_(Scalar value) => Changed(Bridge.mct_fill_(Handle, value.Native));

        public Tensor copy_(Tensor source) => Changed(Bridge.mct_copy_(Handle, source.Handle));

        /// <summary>this += value · tensor1 · tensor2.</summary>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Changed(Bridge.mct_addcmul_(Handle, tensor1.Handle, tensor2.Handle, value.Native));

        /// <summary>this += value · tensor1 / tensor2.</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Changed(Bridge.mct_addcdiv_(Handle, tensor1.Handle, tensor2.Handle, value.Native));
    }
}

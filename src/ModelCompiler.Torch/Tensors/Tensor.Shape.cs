using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    // Views, copies in another order, and elements by index.
    public sealed partial class Tensor
    {
        public Tensor view(params long[] shape) => Call.Made(Bridge.mct_view(Handle, shape, shape.Length));

        public Tensor reshape(params long[] shape) => Call.Made(Bridge.mct_reshape(Handle, shape, shape.Length));

        public Tensor expand(params long[] shape) => Call.Made(Bridge.mct_expand(Handle, shape, shape.Length));

        public Tensor permute(params long[] permutation) => Call.Made(Bridge.mct_permute(Handle, permutation, permutation.Length));

        public Tensor transpose(long dim0, long dim1) => Call.Made(Bridge.mct_transpose(Handle, dim0, dim1));

        public Tensor narrow(long dim, long start, long length) => Call.Made(Bridge.mct_narrow(Handle, dim, start, length));

        public Tensor select(long dim, long index) => Call.Made(Bridge.mct_select(Handle, dim, index));

        public Tensor unsqueeze(long dim) => Call.Made(Bridge.mct_unsqueeze(Handle, dim));

        public Tensor squeeze(long dim) => Call.Made(Bridge.mct_squeeze(Handle, dim));

        public Tensor contiguous() => Call.Made(Bridge.mct_contiguous(Handle));

        public Tensor clone() => Call.Made(Bridge.mct_clone(Handle));

        public Tensor gather(long dim, Tensor index) => Call.Made(Bridge.mct_gather(Handle, dim, index.Handle));

        public Tensor index_select(long dim, Tensor index) => Call.Made(Bridge.mct_index_select(Handle, dim, index.Handle));

        public Tensor scatter(long dim, Tensor index, Tensor src) => Call.Made(Bridge.mct_scatter(Handle, dim, index.Handle, src.Handle));

        public Tensor to_type(ScalarType type) => Call.Made(Bridge.mct_to_type(Handle, (int)type));

        public Tensor to(ScalarType type) => to_type(type);

        public Tensor to(Device device) => Call.Made(Bridge.mct_to_device(Handle, (int)device.type, device.index));

        public Tensor cpu() => to(CPU);

        public Tensor matmul(Tensor other) => Call.Made(Bridge.mct_matmul(Handle, other.Handle));

        public Tensor softmax(long dim) => Call.Made(Bridge.mct_softmax(Handle, dim));

        public Tensor log_softmax(long dim) => Call.Made(Bridge.mct_log_softmax(Handle, dim));
    }
}

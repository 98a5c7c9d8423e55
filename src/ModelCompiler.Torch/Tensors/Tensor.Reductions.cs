using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    // Sums, means and extremes.
    public sealed partial class Tensor
    {
        public Tensor all() => Call.Made(Bridge.mct_all(Handle));

        public Tensor any() => Call.Made(Bridge.mct_any(Handle));

        public Tensor max() => Call.Made(Bridge.mct_max(Handle));

        public Tensor mean() => Call.Made(Bridge.mct_mean(Handle));

        public Tensor min() => Call.Made(Bridge.mct_min(Handle));

        public Tensor norm() => Call.Made(Bridge.mct_norm(Handle));

        public Tensor sum() => Call.Made(Bridge.mct_sum(Handle));

        public Tensor amax(long[] dims, bool keepdim = false) => Call.Made(Bridge.mct_amax_dims(Handle, dims, dims.Length, keepdim));

        public Tensor amin(long[] dims, bool keepdim = false) => Call.Made(Bridge.mct_amin_dims(Handle, dims, dims.Length, keepdim));

        public Tensor mean(long[] dims, bool keepdim = false) => Call.Made(Bridge.mct_mean_dims(Handle, dims, dims.Length, keepdim));

        public Tensor sum(long[] dims, bool keepdim = false) => Call.Made(Bridge.mct_sum_dims(Handle, dims, dims.Length, keepdim));

        public Tensor mean(long dim, bool keepdim = false) => mean([dim], keepdim);

        public Tensor sum(long dim, bool keepdim = false) => sum([dim], keepdim);

        public Tensor argmax(long dim, bool keepdim = false) => Call.Made(Bridge.mct_argmax(Handle, dim, keepdim));

        public Tensor argmin(long dim, bool keepdim = false) => Call.Made(Bridge.mct_argmin(Handle, dim, keepdim));

        /// <summary>The k largest, or smallest, along a dimension, and their places.</summary>
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true)
        {
            Call.Done(Bridge.mct_topk(Handle, k, dim, largest, sorted, out TensorHandle values, out TensorHandle places));
            return (new(values), new(places));
        }
    }
}

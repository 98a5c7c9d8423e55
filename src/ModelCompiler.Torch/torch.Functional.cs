using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);

    public static Tensor tanh(Tensor input) => input.tanh();

    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);

    public static Tensor minimum(Tensor input, Tensor other) => input.minimum(other);

    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Call.Made(Bridge.mct_where(condition.Handle, x.Handle, y.Handle));

    public static Tensor cat(IList<Tensor> tensors, long dim = 0) =>
        Call.Made(Call.WithHandles([.. tensors], handles => Bridge.mct_cat(handles, handles.Length, dim)));

    public static Tensor stack(IList<Tensor> tensors, long dim = 0) =>
        Call.Made(Call.WithHandles([.. tensors], handles => Bridge.mct_stack(handles, handles.Length, dim)));

    public static void manual_seed(long seed) => Call.Done(Bridge.mct_manual_seed(seed));

    public static int get_num_threads() => Bridge.mct_get_num_threads();

    public static void set_num_threads(int num) => Call.Done(Bridge.mct_set_num_threads(num));

    public static partial class nn
    {
        /// <summary>How the terms of a loss become one; numbered as in c10.</summary>
        public enum Reduction
        {
            None,
            Mean,
            Sum,
        }

        public static class functional
        {
            public static Tensor linear(Tensor input, Tensor weight, Tensor? bias = null) =>
                Call.Made(Bridge.mct_linear(input.Handle, weight.Handle, bias?.Handle ?? TensorHandle.None));

            public static Tensor softmax(Tensor input, long dim) => input.softmax(dim);

            public static Tensor log_softmax(Tensor input, long dim) => input.log_softmax(dim);

            public static Tensor relu(Tensor input) => input.relu();

            /// <summary>The erf form.</summary>
            public static Tensor gelu(Tensor input) => Call.Made(Bridge.mct_gelu(input.Handle));

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true) => Call.Made(Bridge.mct_dropout(input.Handle, p, training));

            public static Tensor embedding(Tensor input, Tensor weight) => Call.Made(Bridge.mct_embedding(input.Handle, weight.Handle));

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
                Call.Made(Bridge.mct_layer_norm(
                    input.Handle, normalized_shape, normalized_shape.Length, weight?.Handle ?? TensorHandle.None, bias?.Handle ?? TensorHandle.None, eps));

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Call.Made(Bridge.mct_mse_loss(input.Handle, target.Handle, (long)reduction));

            public static Tensor kl_div(Tensor input, Tensor target, bool log_target = true, Reduction reduction = Reduction.Mean) =>
                Call.Made(Bridge.mct_kl_div(input.Handle, target.Handle, (long)reduction, log_target));

            public static Tensor cross_entropy(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, double label_smoothing = 0) =>
                Call.Made(Bridge.mct_cross_entropy(input.Handle, target.Handle, (long)reduction, label_smoothing));
        }
    }
}

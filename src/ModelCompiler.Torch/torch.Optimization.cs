using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    public static partial class nn
    {
        public static class utils
        {
            /// <summary>Scales gradients so that their common Euclidean norm is at most <paramref name="max_norm"/>; the norm that they had.</summary>
            public static double clip_grad_norm_(IEnumerable<Tensor> parameters, double max_norm)
            {
                double norm = 0;
                Call.Done(Call.WithHandles([.. parameters], handles => Bridge.mct_clip_grad_norm(handles, handles.Length, max_norm, out norm)));
                return norm;
            }
        }
    }

    public static class optim
    {
        /// <summary>libtorch's AdamW: decay that is decoupled from the gradient (Loshchilov and Hutter, 2019).</summary>
        public static Optimizer AdamW(
            IEnumerable<Tensor> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 1e-2)
        {
            OptimizerHandle handle = Call.WithHandles(
                [.. parameters], handles => Bridge.mct_adamw(handles, handles.Length, lr, beta1, beta2, eps, weight_decay));
            return handle.IsInvalid ? throw Call.Error(nameof(AdamW)) : new(handle);
        }

        /// <summary>Changes parameters by their gradients.</summary>
        public sealed class Optimizer : IDisposable
        {
            private readonly OptimizerHandle _handle;

            internal Optimizer(OptimizerHandle handle) => _handle = handle;

            /// <summary>The learning rate of the steps to come.</summary>
            public double LearningRate
            {
                set => Call.Done(Bridge.mct_optimizer_set_rate(_handle, value));
            }

            public void step() => Call.Done(Bridge.mct_optimizer_step(_handle));

            public void zero_grad() => Call.Done(Bridge.mct_optimizer_zero_grad(_handle));

            public void Dispose() => _handle.Dispose();
        }
    }
}

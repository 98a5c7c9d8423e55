using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    // Gradients.
    public sealed partial class Tensor
    {
        /// <summary>True where operations on it record for a gradient.</summary>
        public bool requires_grad
        {
            get => Bridge.mct_requires_grad(Handle);
            set => Call.Done(Bridge.mct_set_requires_grad(Handle, value));
        }

        /// <summary>The gradient that backward passes have added up; null where there is none.</summary>
        public Tensor? grad
        {
            get
            {
                TensorHandle found = Bridge.mct_grad(Handle);
                return found.IsInvalid ? null : new(found);
            }

            set => Call.Done(Bridge.mct_set_grad(Handle, value?.Handle ?? TensorHandle.None));
        }

        public bool is_leaf => Bridge.mct_is_leaf(Handle);

        public Tensor requires_grad_(bool requires_grad = true) => Changed(Bridge.mct_set_requires_grad(Handle, requires_grad));

        /// <summary>The same elements, without what was recorded.</summary>
        public Tensor detach() => Call.Made(Bridge.mct_detach(Handle));

        /// <summary>Adds d this / d leaf to every leaf's gradient.</summary>
        /// <param name="gradient">Factor of each element; may be left out for a scalar.</param>
        public void backward(Tensor? gradient = null) => Call.Done(Bridge.mct_backward(Handle, gradient?.Handle ?? TensorHandle.None));
    }
}

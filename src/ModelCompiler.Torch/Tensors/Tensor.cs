using System.Globalization;
using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    /// <summary>
    /// A tensor of libtorch. Freed by <see cref="Dispose"/>, by the scope it was made in, or at last by the garbage
    /// collector. As in PyTorch, not safe for use by two threads at once.
    /// </summary>
    public sealed partial class Tensor : IDisposable
    {
        private DisposeScope? _scope;

        internal Tensor(TensorHandle handle)
        {
            Handle = handle;
            _scope = DisposeScope.Current;
            _scope?.Add(this);
        }

        internal TensorHandle Handle { get; }

        public bool IsInvalid => Handle.IsClosed;

        public long[] shape
        {
            get
            {
                var sizes = new long[Bridge.mct_ndim(Handle)];
                for (int i = 0; i < sizes.Length; i++)
                    sizes[i] = Bridge.mct_size(Handle, i);
                return sizes;
            }
        }

        public ScalarType dtype => (ScalarType)Bridge.mct_dtype(Handle);

        public Device device => new((DeviceType)Bridge.mct_device_type(Handle), Bridge.mct_device_index(Handle));

        public long Dimensions => Bridge.mct_ndim(Handle);

        public long numel() => Bridge.mct_numel(Handle);

        public long dim() => Bridge.mct_ndim(Handle);

        public long size(int dim) => shape[dim < 0 ? dim + (int)Dimensions : dim];

        /// <summary>Frees the tensor; its memory goes once no other tensor shares it.</summary>
        public void Dispose()
        {
            _scope?.Remove(this);
            _scope = null;
            Handle.Dispose();
        }

        /// <summary>No scope frees it any more.</summary>
        public Tensor DetachFromDisposeScope()
        {
            _scope?.Remove(this);
            _scope = null;
            return this;
        }

        /// <summary>The scope around its own frees it.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            _scope = _scope?.MoveOut(this);
            return this;
        }

        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"[{string.Join("x", shape)}], type = {dtype}, device = {device}");

        private Tensor Changed(bool succeeded, [System.Runtime.CompilerServices.CallerMemberName] string operation = "")
        {
            Call.Done(succeeded, operation);
            return this;
        }
    }
}

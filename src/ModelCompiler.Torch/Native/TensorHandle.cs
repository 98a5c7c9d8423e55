using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

/// <summary>Owns a native tensor. A call that takes one keeps it alive until it returns.</summary>
internal sealed class TensorHandle : SafeHandle
{
    /// <summary>Made by the marshaller, for the result of a call.</summary>
    public TensorHandle()
        : base(0, ownsHandle: true)
    {
    }

    /// <summary>No tensor, for operands that may be left out.</summary>
    public static TensorHandle None { get; } = new();

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Bridge.mct_tensor_free(handle);
        return true;
    }
}

using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

/// <summary>Owns a native optimizer.</summary>
internal sealed class OptimizerHandle : SafeHandle
{
    /// <summary>Made by the marshaller, for the result of a call.</summary>
    public OptimizerHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Bridge.mct_optimizer_free(handle);
        return true;
    }
}

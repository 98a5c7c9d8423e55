using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

/// <summary>Turns what the bridge returns into tensors, or into the error that libtorch gave on this thread.</summary>
internal static class Call
{
    /// <summary>A tensor of the current scope.</summary>
    /// <param name="result">What the bridge returned.</param>
    /// <param name="operation">The caller's name, which is PyTorch's.</param>
    public static torch.Tensor Made(TensorHandle result, [CallerMemberName] string operation = "") =>
        result.IsInvalid ? throw Error(operation) : new(result);

    /// <summary>Requires that an operation without a result succeeded.</summary>
    public static void Done(bool succeeded, [CallerMemberName] string operation = "")
    {
        if (!succeeded)
            throw Error(operation);
    }

    /// <summary>The error of the last call on this thread.</summary>
    public static TorchException Error(string operation) => new(operation, Marshal.PtrToStringUTF8(Bridge.mct_last_error()) ?? "");

    /// <summary>Runs a call on the handles of several tensors, which live until it returns.</summary>
    public static TResult WithHandles<TResult>(IReadOnlyList<torch.Tensor> tensors, Func<nint[], TResult> call)
    {
        var handles = new nint[tensors.Count];
        int held = 0;
        try
        {
            for (; held < handles.Length; held++)
            {
                bool added = false;
                tensors[held].Handle.DangerousAddRef(ref added);
                handles[held] = tensors[held].Handle.DangerousGetHandle();
            }

            return call(handles);
        }
        finally
        {
            while (held > 0)
                tensors[--held].Handle.DangerousRelease();
        }
    }
}

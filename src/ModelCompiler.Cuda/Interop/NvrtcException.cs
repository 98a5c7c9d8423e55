namespace ModelCompiler.Cuda.Interop;

/// <summary>A call of NVRTC failed for a reason other than an error in the kernel's source.</summary>
public sealed class NvrtcException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="function">C name of the function that failed.</param>
    /// <param name="result">What it returned.</param>
    /// <param name="detail">What was being done, and the log where there is one.</param>
    public NvrtcException(string function, NvrtcResult result, string detail)
        : base($"{function} failed with {result} ({(int)result}): {detail}")
    {
        Function = function;
        Result = result;
    }

    /// <summary>C name of the function that failed.</summary>
    public string Function { get; }

    /// <summary>What the function returned.</summary>
    public NvrtcResult Result { get; }
}

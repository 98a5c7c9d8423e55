namespace ModelCompiler.Cuda.Interop;

/// <summary>Result codes of NVRTC, with the numbers of <c>nvrtcResult</c> in NVIDIA's nvrtc.h.</summary>
public enum NvrtcResult
{
    /// <summary>The call did what it says.</summary>
    Success = 0,

    /// <summary>NVRTC could not get host memory.</summary>
    OutOfMemory = 1,

    /// <summary>The program object could not be made.</summary>
    ProgramCreationFailure = 2,

    /// <summary>An argument is null or out of range.</summary>
    InvalidInput = 3,

    /// <summary>The program handle is not one of NVRTC's.</summary>
    InvalidProgram = 4,

    /// <summary>A compiler option is unknown, or its value is: an architecture that this version lacks, for example.</summary>
    InvalidOption = 5,

    /// <summary>The source has errors; the log says which.</summary>
    Compilation = 6,

    /// <summary>The library of built-in functions could not be opened.</summary>
    BuiltinOperationFailure = 7,

    /// <summary>A name expression was added after compilation.</summary>
    NoNameExpressionsAfterCompilation = 8,

    /// <summary>A lowered name was asked for before compilation.</summary>
    NoLoweredNamesBeforeCompilation = 9,

    /// <summary>The name expression was never added.</summary>
    NameExpressionNotValid = 10,

    /// <summary>NVRTC failed inside.</summary>
    InternalError = 11,

    /// <summary>The file for the time report could not be written.</summary>
    TimeFileWriteFailed = 12,
}

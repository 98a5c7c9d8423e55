using ModelCompiler.Cuda.Interop;

namespace ModelCompiler.Cuda.Tests.Prerequisites;

/// <summary>
/// A test that needs NVRTC. Without it the test is skipped and counted as such, except where the full suite was asked for
/// (<c>MODELCOMPILER_TEST_FULL=1</c>): there it runs, and fails with the list of places that were tried.
/// </summary>
public sealed class NvrtcFactAttribute : FactAttribute
{
    public NvrtcFactAttribute() => Skip = NvrtcPrerequisite.ReasonToSkip;
}

/// <summary>As <see cref="NvrtcFactAttribute"/>, for theories.</summary>
public sealed class NvrtcTheoryAttribute : TheoryAttribute
{
    public NvrtcTheoryAttribute() => Skip = NvrtcPrerequisite.ReasonToSkip;
}

internal static class NvrtcPrerequisite
{
    private static readonly Lazy<string?> Reason = new(Find);

    public static string? ReasonToSkip => Reason.Value;

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("MODELCOMPILER_TEST_FULL") == "1")
            return null;
        try
        {
            NvrtcCompiler.Load();
            return null;
        }
        catch (NvrtcNotFoundException exception)
        {
            return exception.Message;
        }
    }
}

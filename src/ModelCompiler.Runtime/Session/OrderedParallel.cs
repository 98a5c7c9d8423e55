using System.Runtime.ExceptionServices;

namespace ModelCompiler.Runtime;

/// <summary>Runs independent pieces of work side by side, with the error that running them in order would give.</summary>
internal static class OrderedParallel
{
    /// <summary>Runs all, and throws the error of the first that failed as it was thrown.</summary>
    public static void For(int count, Action<int> work)
    {
        var errors = new ExceptionDispatchInfo?[count];
        Parallel.For(0, count, i =>
        {
            try
            {
                work(i);
            }
            catch (Exception e)
            {
                errors[i] = ExceptionDispatchInfo.Capture(e);
            }
        });
        Array.Find(errors, e => e is not null)?.Throw();
    }
}

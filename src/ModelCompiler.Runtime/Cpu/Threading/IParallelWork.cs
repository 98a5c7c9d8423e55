namespace ModelCompiler.Runtime.Cpu.Threading;

/// <summary>Independent tasks of one phase. State travels as an argument, so that dispatching allocates nothing.</summary>
/// <typeparam name="TState">What a call works on.</typeparam>
internal interface IParallelWork<TState>
{
    /// <summary>Runs one task.</summary>
    /// <param name="state">The call's state.</param>
    /// <param name="phase">Phase of the work.</param>
    /// <param name="task">Task from 0.</param>
    /// <param name="worker">Index of the executing thread within this call, from 0: tasks with one index never overlap.</param>
    void Execute(TState state, int phase, int task, int worker);
}

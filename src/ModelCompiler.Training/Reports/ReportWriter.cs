using ModelCompiler.Training.Recipes;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Reports;

/// <summary>Keeps a run's report up to date: written again after each evaluation, from the log.</summary>
internal sealed class ReportWriter(Recipe recipe) : ITrainingObserver
{
    public void OnStart(RunStart start)
    {
    }

    public void OnSteps(StepReport report)
    {
    }

    public void OnEvaluation(EvaluationReport report) => Write([]);

    public void OnCheckpoint(long step)
    {
    }

    public void OnFinish(TrainingResult result) => Write([result]);

    private void Write(IReadOnlyList<TrainingResult> results) =>
        ReportPage.Write(OutputFolder.ReportPath(recipe), recipe.Name, [RunCurves.Read(OutputFolder.LogPath(recipe))], results);
}

namespace ModelCompiler.Training.Running;

/// <summary>What is known before the first step.</summary>
/// <param name="Name">Name of the run.</param>
/// <param name="Steps">All steps.</param>
/// <param name="FirstStep">The first that is done now, from 1; later where training was resumed.</param>
/// <param name="Examples">Training examples.</param>
/// <param name="Parameters">Trained numbers.</param>
/// <param name="Device">Where it trains.</param>
/// <param name="TeacherAccuracy">The teacher's validation accuracy, 0 to 1; null without a teacher.</param>
public sealed record RunStart(string Name, long Steps, long FirstStep, int Examples, long Parameters, string Device, double? TeacherAccuracy);

/// <summary>Some steps were done.</summary>
/// <param name="Step">The last of them.</param>
/// <param name="Epoch">Epochs done, with a fraction.</param>
/// <param name="Loss">Mean loss of the steps since the last report.</param>
/// <param name="Accuracy">Share of training examples told right since the last report, dropout and all.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="ExamplesPerSecond">Rate since the last report.</param>
/// <param name="Seconds">Seconds of training.</param>
public sealed record StepReport(long Step, double Epoch, double Loss, double Accuracy, double LearningRate, double ExamplesPerSecond, double Seconds);

/// <summary>The model was evaluated on validation data.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Epoch">Epochs done, with a fraction.</param>
/// <param name="Accuracy">0 to 1.</param>
/// <param name="Loss">Cross entropy with the labels.</param>
/// <param name="IsBest">True where no earlier evaluation was better.</param>
public sealed record EvaluationReport(long Step, double Epoch, double Accuracy, double Loss, bool IsBest);

/// <summary>A layer was distilled by itself.</summary>
/// <param name="Layer">From 0.</param>
/// <param name="Layers">Number of layers.</param>
/// <param name="Before">Mean squared difference of the first step.</param>
/// <param name="After">Of the last step.</param>
/// <param name="Seconds">Since the first layer began.</param>
public sealed record LayerReport(int Layer, int Layers, double Before, double After, double Seconds);

/// <summary>Follows a run. Called in process 0 only.</summary>
public interface ITrainingObserver
{
    /// <summary>Before the first step.</summary>
    void OnStart(RunStart start);

    /// <summary>After a layer was distilled by itself, before the first step.</summary>
    void OnLayer(LayerReport report)
    {
    }

    /// <summary>After some steps.</summary>
    void OnSteps(StepReport report);

    /// <summary>After an evaluation.</summary>
    void OnEvaluation(EvaluationReport report);

    /// <summary>After a checkpoint of this step was written.</summary>
    void OnCheckpoint(long step);

    /// <summary>At the end.</summary>
    void OnFinish(TrainingResult result);
}

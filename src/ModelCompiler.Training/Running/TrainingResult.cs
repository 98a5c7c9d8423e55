namespace ModelCompiler.Training.Running;

/// <summary>What a run ended with. Accuracies from 0 to 1.</summary>
/// <param name="Name">Name of the run.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Steps">Steps done.</param>
/// <param name="BestStep">Step of the model that was kept.</param>
/// <param name="ValidationAccuracy">Of that model.</param>
/// <param name="TestAccuracy">Of that model; null without test data.</param>
/// <param name="TeacherValidationAccuracy">Null without a teacher.</param>
/// <param name="TeacherTestAccuracy">Null without a teacher or test data.</param>
/// <param name="Seconds">Seconds of training, evaluations included.</param>
/// <param name="Device">Where it trained.</param>
/// <param name="Processes">How many processes trained.</param>
/// <param name="Model">Folder of the trained model.</param>
public sealed record TrainingResult(
    string Name,
    int Seed,
    long Steps,
    long BestStep,
    double ValidationAccuracy,
    double? TestAccuracy,
    double? TeacherValidationAccuracy,
    double? TeacherTestAccuracy,
    double Seconds,
    string Device,
    int Processes,
    string Model);

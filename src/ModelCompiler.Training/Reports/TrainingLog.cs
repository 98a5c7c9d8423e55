using System.Text.Json;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Reports;

/// <summary>
/// Writes a run's events as JSON lines. Each has <c>event</c> (start, steps, evaluation, checkpoint, finish) and the fields
/// of its record in camel case. A resumed run drops what came behind its checkpoint, so the log reads as one run.
/// </summary>
public sealed class TrainingLog(string path) : ITrainingObserver, IDisposable
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private StreamWriter? _file;

    /// <inheritdoc/>
    public void OnStart(RunStart start)
    {
        string[] kept = start.FirstStep > 1 && File.Exists(path) ? [.. File.ReadLines(path).Where(line => IsBefore(line, start.FirstStep))] : [];
        _file = new StreamWriter(path, append: false) { NewLine = "\n", AutoFlush = true };
        foreach (string line in kept)
            _file.WriteLine(line);
        Write("start", start);
    }

    /// <inheritdoc/>
    public void OnLayer(LayerReport report) => Write("layer", report);

    /// <inheritdoc/>
    public void OnSteps(StepReport report) => Write("steps", report);

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationReport report) => Write("evaluation", report);

    /// <inheritdoc/>
    public void OnCheckpoint(long step) => Write("checkpoint", new { step });

    /// <inheritdoc/>
    public void OnFinish(TrainingResult result) => Write("finish", result);

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Write<T>(string name, T value)
    {
        string fields = JsonSerializer.Serialize(value, Format);
        _file!.WriteLine($"{{\"event\":\"{name}\",{fields[1..]}");
    }

    /// <summary>False for events behind the checkpoint, and for a line that was cut when the process was killed.</summary>
    private static bool IsBefore(string line, long firstStep)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            string? name = document.RootElement.GetProperty("event").GetString();
            return name == "start" || (document.RootElement.TryGetProperty("step", out JsonElement step) && step.GetInt64() < firstStep);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

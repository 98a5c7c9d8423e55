using System.Globalization;
using ModelCompiler.Training.Running;
using Spectre.Console;

namespace ModelCompiler.Tool.Training;

/// <summary>
/// Shows a run: one line that is redrawn with a bar, loss, accuracy, rate and time left on a terminal, a line every few
/// seconds where messages are redirected; a line for each evaluation in both.
/// </summary>
internal sealed class TrainingProgressView(TextChannels channels, bool quiet) : ITrainingObserver, IDisposable
{
    private const int BarWidth = 24;
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(2);

    private readonly System.Diagnostics.Stopwatch _clock = System.Diagnostics.Stopwatch.StartNew();
    private RunStart? _start;
    private TimeSpan _next;
    private bool _drawn;

    /// <inheritdoc/>
    public void OnStart(RunStart start)
    {
        (_start, _next) = (start, TimeSpan.Zero);
        Line($"{start.Name}: {start.Examples} examples, {start.Parameters} parameters, {start.Steps} steps on {start.Device}"
            + (start.FirstStep > 1 ? $", from step {start.FirstStep}" : "")
            + (start.TeacherAccuracy is { } teacher ? string.Create(CultureInfo.InvariantCulture, $", teacher {100 * teacher:0.00} %") : ""));
    }

    /// <inheritdoc/>
    public void OnLayer(LayerReport report) => Line(string.Create(
        CultureInfo.InvariantCulture,
        $"layer {report.Layer + 1} of {report.Layers}: squared difference {report.Before:0.0000} to {report.After:0.0000}, {TimeLeft(report.Seconds / (report.Layer + 1) * (report.Layers - report.Layer - 1))} left"));

    /// <inheritdoc/>
    public void OnSteps(StepReport report)
    {
        if (quiet || (_clock.Elapsed < _next && report.Step < _start!.Steps))
            return;
        _next = _clock.Elapsed + (channels.IsInteractive ? TimeSpan.FromSeconds(0.2) : LineEvery);
        double done = (double)report.Step / _start!.Steps;
        double perStep = report.Seconds / report.Step;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"step {report.Step} of {_start.Steps}, epoch {report.Epoch:0.00}, loss {report.Loss:0.0000}, accuracy {100 * report.Accuracy:0.0} %, "
            + $"{report.ExamplesPerSecond:0} examples/s, {TimeLeft(perStep * (_start.Steps - report.Step))} left");
        if (!channels.IsInteractive)
        {
            channels.Messages.WriteLine(text);
            return;
        }

        int filled = (int)(done * BarWidth);
        channels.MessageConsole.Write(new ControlCode("\r\e[2K"));
        channels.MessageConsole.Markup($"[green]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/] {Markup.Escape(text)}");
        _drawn = true;
    }

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationReport report) => Line(string.Create(
        CultureInfo.InvariantCulture,
        $"step {report.Step}, epoch {report.Epoch:0.00}: validation {100 * report.Accuracy:0.00} %, loss {report.Loss:0.0000}{(report.IsBest ? ", best so far" : "")}"));

    /// <inheritdoc/>
    public void OnCheckpoint(long step)
    {
    }

    /// <inheritdoc/>
    public void OnFinish(TrainingResult result) => EndBar();

    /// <inheritdoc/>
    public void Dispose() => EndBar();

    private static string TimeLeft(double seconds) =>
        TimeSpan.FromSeconds(Math.Max(seconds, 0)).ToString(seconds >= 3600 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);

    private void Line(string text)
    {
        if (quiet)
            return;
        EndBar();
        channels.Messages.WriteLine(text);
    }

    private void EndBar()
    {
        if (_drawn)
            channels.MessageConsole.Write(new ControlCode("\r\e[2K"));
        _drawn = false;
    }
}

using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace ModelCompiler.Tool.Output;

/// <summary>
/// Progress of work with a known number of steps: a bar with rate and time left on a terminal, a line every few seconds
/// where messages are redirected, nothing where the work is over sooner.
/// </summary>
public static class WorkProgress
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(2);

    /// <summary>Runs work and shows how far it is.</summary>
    /// <param name="channels">Where progress goes.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="unit">What is counted, in the plural.</param>
    /// <param name="total">How many there are.</param>
    /// <param name="quiet">Shows nothing.</param>
    /// <param name="work">The work; calls its argument with the number done since the last call.</param>
    public static void Run(TextChannels channels, string title, string unit, long total, bool quiet, Action<Action<long>> work)
    {
        if (quiet)
            work(static _ => { });
        else if (channels.IsInteractive)
            RunWithBar(channels, title, total, work);
        else
            RunWithLines(channels, title, unit, total, work);
    }

    private static void RunWithBar(TextChannels channels, string title, long total, Action<Action<long>> work) =>
        channels.MessageConsole.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: Math.Max(total, 1));
                work(done => task.Increment(done));
            });

    private static void RunWithLines(TextChannels channels, string title, string unit, long total, Action<Action<long>> work)
    {
        var clock = Stopwatch.StartNew();
        TimeSpan next = LineEvery;
        long sum = 0;
        work(done =>
        {
            sum += done;
            TimeSpan elapsed = clock.Elapsed;
            if (elapsed < next || sum >= total)
                return;
            next = elapsed + LineEvery;
            double rate = sum / elapsed.TotalSeconds;
            channels.Messages.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{title}: {sum} of {total} {unit}, {rate:0.#}/s, {(total - sum) / rate:0} s left"));
        });
    }

    private sealed class RateColumn : ProgressColumn
    {
        public override Spectre.Console.Rendering.IRenderable Render(Spectre.Console.Rendering.RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.Speed is { } speed ? string.Create(CultureInfo.InvariantCulture, $"{speed:0.#}/s") : "");
    }
}

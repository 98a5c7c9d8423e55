using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ModelCompiler.Core;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Evaluation;
using ModelCompiler.Tool.Loading;
using ModelCompiler.Tool.Output;
using Spectre.Console;

namespace ModelCompiler.Tool.Commands;

/// <summary><c>modelc evaluate MODEL --data DATA</c>: accuracy, recall per label and the most frequent confusions.</summary>
public static class EvaluateCommand
{
    private const int TextsPerStep = 256;
    private const int ConfusionsShown = 10;

    /// <summary>Builds the command.</summary>
    public static Command Create(TextChannels channels)
    {
        var model = new Argument<string>("model") { Description = "Model folder with a sequence classifier, float or quantized." };
        var data = new Option<string>("--data", "-d")
        {
            Description = "Labelled texts: .tsv (text, label), .jsonl ({\"text\", \"label\"}), or a folder with WordNet's data files (test split).",
            Required = true,
        };
        var threads = new Option<int>("--threads") { Description = "Threads; 0 for one per processor." };
        var limit = new Option<int>("--limit") { Description = "Only the first so many texts; 0 for all." };
        var json = new Option<bool>("--json") { Description = "Prints the result as JSON." };
        var command = new Command("evaluate", "Measures the accuracy of a classifier on labelled texts, on the CPU executor.") { model, data, threads, limit, json };
        PrecisionOptions precision = PrecisionOptions.AddTo(command, "fp16");
        command.SetAction(parsed =>
        {
            ModelFolder folder = ModelFolder.Open(parsed.GetRequiredValue(model));
            // A quantized folder says what it was made for, unless the command line wants it run otherwise.
            EquatableArray<QuantizeArguments> quantize = folder.Quantization is not null && !precision.IsGiven(parsed)
                ? FolderDescriptor.SchemeOf(folder)
                : precision.Read(parsed, ActivationRange.PerToken);
            EncoderDescriptor descriptor = FolderDescriptor.Create(folder.Path, folder.Config, quantize);
            if (descriptor.Model.Head != EncoderHead.SequenceClassifier)
                throw new ModelCompilerException($"{folder.Path}: expected a sequence classifier, found {descriptor.Model.Head}.");
            using EncoderSession session = EncoderSession.Load(descriptor, folder.Path, new() { Threads = parsed.GetValue(threads) });
            IReadOnlyList<LabelledText> texts = DataSet.Read(parsed.GetRequiredValue(data), session.Labels);
            if (parsed.GetValue(limit) is > 0 and var most)
                texts = [.. texts.Take(most)];
            Result result = Evaluate(channels, session, texts, quiet: parsed.GetValue(json));
            Report(channels, session, result, parsed.GetValue(json));
            return ModelCompilerTool.Success;
        });
        return command;
    }

    private static Result Evaluate(TextChannels channels, EncoderSession session, IReadOnlyList<LabelledText> texts, bool quiet)
    {
        var confusion = new ConfusionMatrix(session.Labels.Count);
        var clock = Stopwatch.StartNew();
        WorkProgress.Run(channels, "evaluate", "texts", texts.Count, quiet, advance =>
        {
            foreach (LabelledText[] chunk in texts.Chunk(TextsPerStep))
            {
                Classification[] found = Array.Exists(chunk, t => t.Pair is not null)
                    ? session.Classify([.. chunk.Select(t => (t.Text, t.Pair ?? ""))])
                    : session.Classify([.. chunk.Select(t => t.Text)]);
                for (int i = 0; i < chunk.Length; i++)
                    confusion.Add(chunk[i].Label, found[i].Index);
                advance(chunk.Length);
            }
        });
        return new(confusion, clock.Elapsed);
    }

    private static void Report(TextChannels channels, EncoderSession session, Result result, bool json)
    {
        ConfusionMatrix confusion = result.Confusion;
        QuantizationScheme scheme = session.Descriptor.Scheme;
        if (json)
        {
            JsonResult.Write(channels.Results, new
            {
                confusion.Accuracy,
                confusion.Correct,
                confusion.Total,
                Seconds = result.Elapsed.TotalSeconds,
                Scheme = QuantizationScheme.Parts.ToDictionary(p => p.ToString(), p => scheme[p].ToString()),
                Labels = session.Labels.Select((label, i) => new { Label = label, Support = confusion.Support(i), Recall = confusion.Recall(i) }),
                Confusions = confusion.MostFrequent(ConfusionsShown)
                    .Select(c => new { Actual = session.Labels[c.Actual], Predicted = session.Labels[c.Predicted], c.Count }),
            });
            return;
        }

        var labels = new Table().Border(TableBorder.Simple).AddColumn("label");
        labels.AddColumn(new TableColumn("texts").RightAligned()).AddColumn(new TableColumn("recall %").RightAligned());
        for (int i = 0; i < session.Labels.Count; i++)
        {
            if (confusion.Recall(i) is { } recall)
                labels.AddRow(Markup.Escape(session.Labels[i]), $"{confusion.Support(i)}", Percent(recall));
        }

        channels.ResultConsole.Write(labels);
        var confusions = new Table().Border(TableBorder.Simple).AddColumn("label").AddColumn("taken for");
        confusions.AddColumn(new TableColumn("texts").RightAligned());
        foreach (Confusion c in confusion.MostFrequent(ConfusionsShown))
            confusions.AddRow(Markup.Escape(session.Labels[c.Actual]), Markup.Escape(session.Labels[c.Predicted]), $"{c.Count}");
        channels.ResultConsole.Write(confusions);
        channels.Results.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"accuracy {Percent(confusion.Accuracy)} % ({confusion.Correct} of {confusion.Total}), {result.Elapsed.TotalSeconds:0.0} s, {confusion.Total / result.Elapsed.TotalSeconds:0} texts/s, {SchemeText.Of(scheme)}"));
    }

    private static string Percent(double share) => (100 * share).ToString("0.00", CultureInfo.InvariantCulture);

    private sealed record Result(ConfusionMatrix Confusion, TimeSpan Elapsed);
}

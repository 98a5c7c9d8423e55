using System.Diagnostics;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Data;

namespace SupersenseSample;

/// <summary>Accuracy on the test tenth of WordNet's definitions. Progress goes to standard error, the result to standard output.</summary>
internal static class Evaluation
{
    private const int TextsPerStep = 512;

    public static void Run(EncoderSession session, string folder, string precision)
    {
        WordNetDefinition[] examples = [.. WordNetDefinitions.Read(folder, DataSplit.Test)];
        int correct = 0, done = 0;
        long tokens = 0;
        var clock = Stopwatch.StartNew();
        foreach (WordNetDefinition[] step in examples.Chunk(TextsPerStep))
        {
            string[] texts = [.. step.Select(example => example.Text)];
            Classification[] found = session.Classify(texts);
            for (int i = 0; i < step.Length; i++)
                correct += found[i].Index == step[i].Label ? 1 : 0;
            done += step.Length;
            tokens += session.Tokenizer.EncodeBatch(texts, session.MaxSequence).TokenIds.Length;
            Report(done, examples.Length, clock.Elapsed);
        }

        double seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine(FormattableString.Invariant(
            $"{precision}: accuracy {100.0 * correct / examples.Length:0.00} % ({correct} of {examples.Length} test definitions), {seconds:0.0} s, {tokens / seconds:0} tokens/s"));
    }

    /// <summary>One line that is redrawn on a terminal; a line every few steps elsewhere.</summary>
    private static void Report(int done, int total, TimeSpan elapsed)
    {
        double rate = done / elapsed.TotalSeconds;
        string line = FormattableString.Invariant($"{100.0 * done / total,3:0} % of {total} definitions, {rate:0}/s, {(total - done) / rate:0} s left");
        if (!Console.IsErrorRedirected)
            Console.Error.Write($"\r{line,-70}{(done == total ? "\n" : "")}");
        else if (done == total || done / TextsPerStep % 8 == 0)
            Console.Error.WriteLine(line);
    }
}

using System.Diagnostics;
using System.Globalization;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Benchmarks;

/// <summary>Medians and best times in a few seconds. No substitute for BenchmarkDotNet, but enough to see a slip.</summary>
internal static class QuickRun
{
    /// <summary>Prints everything; returns 0.</summary>
    public static int Print()
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Console.WriteLine($"{Environment.ProcessorCount} processors, {InstructionPaths.Describe()}");
        foreach ((int m, int n, int k) in new[] { (128, 3072, 768), (128, 768, 3072), (512, 768, 768), (16, 3072, 768) })
        {
            foreach (bool isInteger in new[] { true, false })
            {
                foreach (int threads in new[] { 1, 2 })
                {
                    using var product = new Product(m, n, k, isInteger, threads);
                    (double median, double best) = Time(product.Run, seconds: 0.4);
                    double operations = 2.0 * m * n * k * 1e-9;
                    Console.WriteLine(
                        $"{(isInteger ? "int8" : "fp32")} {m,4} x {n,4} x {k,4}, {threads} threads: median {operations / median,4:0} GOPS, best {operations / best,4:0} GOPS");
                }
            }
        }

        double reference = 0;
        foreach (string precision in new[] { "FP32", "W8A8", "W4A8", "W4A8g64", "W4A4", "W4A16" })
        {
            using var model = new BertBase(precision, batch: 1, sequence: 128);
            TimeSpan processor = Process.GetCurrentProcess().TotalProcessorTime;
            int runs = 0;
            (double median, double best) = Time(
                () =>
                {
                    model.Run();
                    runs++;
                },
                seconds: 1.5);
            double busy = (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds / runs;
            if (precision == "FP32")
                reference = median;
            Console.WriteLine(
                $"BERT-base 1 x 128 {precision,-7}: median {median * 1e3,6:0.0} ms, best {best * 1e3,6:0.0} ms, processor time {busy * 1e3,6:0.0} ms, {reference / median:0.00} x FP32");
        }

        return 0;
    }

    private static (double Median, double Best) Time(Action action, double seconds)
    {
        // Long enough for the JIT to finish its optimised code in the background, which takes a core of its own.
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < 1)
            action();
        var times = new List<double>();
        start = Stopwatch.GetTimestamp();
        while (times.Count < 5 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            long before = Stopwatch.GetTimestamp();
            action();
            times.Add(Stopwatch.GetElapsedTime(before).TotalSeconds);
        }

        times.Sort();
        return (times[times.Count / 2], times[0]);
    }
}

using BenchmarkDotNet.Running;
using ModelCompiler.Benchmarks;

// dotnet run -c Release --project bench/ModelCompiler.Benchmarks -- --quick      medians in a few seconds
// dotnet run -c Release --project bench/ModelCompiler.Benchmarks -- --filter *   BenchmarkDotNet, minutes
if (args.Contains("--quick"))
    return QuickRun.Print();
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;

using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Tuning;

/// <summary>A candidate took the GPU down with it. The log has everything up to there, and a second run passes it over.</summary>
internal sealed class TuningInterruptedException(string measured, string found, Exception? inner = null)
    : ModelCompilerException($"{measured}: expected a kernel that ends, found: {found}. Run the same command again to go on; a candidate that fails twice is left out.", inner);

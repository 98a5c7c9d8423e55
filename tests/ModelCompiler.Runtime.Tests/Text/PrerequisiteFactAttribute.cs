namespace ModelCompiler.Runtime.Tests.Text;

/// <summary>What a test needs beyond the SDK.</summary>
[Flags]
public enum Prerequisites
{
    /// <summary>Node and the packages of tests/tokenizer-reference.</summary>
    ReferenceTokenizer = 1,

    /// <summary>WordNet's data files.</summary>
    WordNet = 2,
}

/// <summary>
/// A fact that is skipped, with the reason, where a prerequisite is missing. With MODELCOMPILER_TEST_FULL=1, as the
/// README's test command sets it, nothing is skipped and the test fails instead.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PrerequisiteFactAttribute : FactAttribute
{
    public PrerequisiteFactAttribute(Prerequisites prerequisites)
    {
        if (Environment.GetEnvironmentVariable("MODELCOMPILER_TEST_FULL") == "1")
            return;
        string package = Path.Combine(TestFiles.TokenizerReference, "node_modules", "@huggingface", "tokenizers");
        if (prerequisites.HasFlag(Prerequisites.ReferenceTokenizer) && !Directory.Exists(package))
            Skip = "The reference tokenizer is not installed: run 'npm install' in tests/tokenizer-reference.";
        else if (prerequisites.HasFlag(Prerequisites.WordNet) && !File.Exists(Path.Combine(TestFiles.WordNet, "data.noun")))
            Skip = $"WordNet is not installed in {TestFiles.WordNet}: install the package wordnet-base.";
    }
}

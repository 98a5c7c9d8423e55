namespace ModelCompiler.Runtime.Tests.Text;

/// <summary>Where the repository's files lie, seen from a test.</summary>
internal static class TestFiles
{
    public static string Root { get; } = FindRoot();

    public static string SampleModel { get; } = Path.Combine(Root, "samples", "Supersense", "model");

    public static string Fixtures { get; } = Path.Combine(Root, "tests", "fixtures");

    public static string TokenizerReference { get; } = Path.Combine(Root, "tests", "tokenizer-reference");

    /// <summary>Where Debian's package <c>wordnet-base</c> puts WordNet.</summary>
    public const string WordNet = "/usr/share/wordnet";

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "ModelCompiler.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException($"No ModelCompiler.sln above {AppContext.BaseDirectory}.");
    }
}

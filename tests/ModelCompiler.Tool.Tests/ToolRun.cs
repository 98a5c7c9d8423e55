namespace ModelCompiler.Tool.Tests;

/// <summary>One run of the tool in this process.</summary>
/// <param name="Code">Exit code.</param>
/// <param name="Results">What a script reads.</param>
/// <param name="Messages">Progress and errors.</param>
internal sealed record ToolRun(int Code, string Results, string Messages)
{
    public static string Root { get; } = FindRoot();

    public static string TinyRoberta => Path.Combine(Root, "tests", "fixtures", "tiny-roberta");

    public static string WordNetModel => Path.Combine(Root, "tests", "fixtures", "wordnet-bert");

    public static string OwnAssembly => typeof(ToolRun).Assembly.Location;

    public static ToolRun Of(params string[] arguments)
    {
        var results = new StringWriter();
        var messages = new StringWriter();
        int code = ModelCompilerTool.Run(arguments, new(results, messages, interactive: false));
        return new(code, results.ToString(), messages.ToString());
    }

    /// <summary>A failure that the user can mend: exit code 1, one message, no stack trace, no result.</summary>
    public void ShouldBeUserError(params string[] parts)
    {
        Code.ShouldBe(ModelCompilerTool.UserError, Messages);
        Messages.ShouldStartWith("modelc: ");
        Messages.ShouldNotContain("   at ");
        Results.ShouldBeEmpty();
        foreach (string part in parts)
            Messages.ShouldContain(part);
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ModelCompiler.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"Found no ModelCompiler.sln above {AppContext.BaseDirectory}.");
    }
}

/// <summary>A folder for the files of one test, deleted with the object.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("modelc-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, params string[] lines)
    {
        System.IO.File.WriteAllLines(File(name), lines);
        return File(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

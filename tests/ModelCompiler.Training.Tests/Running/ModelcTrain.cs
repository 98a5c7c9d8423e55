using System.Diagnostics;

namespace ModelCompiler.Training.Tests.Running;

/// <summary><c>modelc train</c> in a process of its own.</summary>
internal static class ModelcTrain
{
    /// <summary>Starts a run of a recipe.</summary>
    /// <param name="tiny">The recipe.</param>
    /// <param name="output">Folder to write, in the recipe's.</param>
    /// <param name="fields">Fields to set.</param>
    /// <param name="options">Further options.</param>
    public static Process Start(TinyRecipe tiny, string output, string[] fields, params string[] options) => Start(tiny, output, fields, [], options);

    /// <summary>Starts one of several processes of a run.</summary>
    public static Process Start(
        TinyRecipe tiny, string output, string[] fields, IEnumerable<(string Name, string Value)> environment, params string[] options)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        foreach (string argument in (string[])[
            typeof(ModelCompiler.Tool.ModelCompilerTool).Assembly.Location, "train", tiny.Path, .. options,
            .. ((string[])[.. fields, $"output={tiny.File(output)}"]).SelectMany(f => (string[])["--set", f])])
            start.ArgumentList.Add(argument);
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    /// <summary>Waits for the end, which has to be a success.</summary>
    public static void Finish(Process process)
    {
        using (process)
        {
            string messages = process.StandardError.ReadToEnd();
            process.WaitForExit();
            process.ExitCode.ShouldBe(0, messages);
        }
    }
}

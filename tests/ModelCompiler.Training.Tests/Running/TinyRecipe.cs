using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Tests.Running;

/// <summary>A recipe, its data and its model in a folder, small enough to train in a second.</summary>
internal sealed class TinyRecipe : IDisposable
{
    private readonly TestFolder _folder = new();

    public TinyRecipe(double dropout = 0)
    {
        Fixtures.WriteTinyBert(_folder.File("tiny"), dropout: dropout);
        Fixtures.WriteTinyData(_folder.File("training.tsv"), 240, seed: 1);
        Fixtures.WriteTinyData(_folder.File("validation.tsv"), 60, seed: 2);
        Fixtures.WriteTinyData(_folder.File("test.tsv"), 60, seed: 3);
        Path = _folder.Write("recipe.json", """
            {
              "seed": 7,
              "output": "out",
              "model": { "from": "tiny", "random": true },
              "data": { "format": "tsv", "training": "training.tsv", "validation": "validation.tsv", "test": "test.tsv", "maxLength": 16, "cache": "cache" },
              "training": { "epochs": 6, "batch": 24, "learningRate": 3e-3, "evaluateEvery": 10, "checkpointEvery": 10, "logEvery": 5 }
            }
            """);
    }

    public string Path { get; }

    public string Folder => _folder.Path;

    public string File(string name) => _folder.File(name);

    public Recipe Read(params string[] assignments) => RecipeReader.Read(Path, assignments.Select(Rooted));

    public void Dispose() => _folder.Dispose();

    /// <summary>Paths of the command line are relative to the working folder.</summary>
    private string Rooted(string assignment) => assignment.Replace("{folder}", Folder, StringComparison.Ordinal);
}

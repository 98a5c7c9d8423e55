using System.Text.Json;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Tests.Recipes;

public sealed class SchemaTests
{
    /// <summary>The reader's own list of fields, from its error about a field that it does not know.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("model")]
    [InlineData("data")]
    [InlineData("quantization")]
    [InlineData("distillation")]
    [InlineData("pruning")]
    [InlineData("layerwise")]
    [InlineData("training")]
    public void SchemaHasTheReadersFields(string section)
    {
        using var folder = new TestFolder();
        string path = folder.Write("recipe.json", """
            {
              "output": "o", "model": { "from": "m" }, "data": { "format": "tsv", "training": "a", "validation": "b" }, "training": { },
              "quantization": { "precision": "w4a4" }, "distillation": { "teachers": "t" }, "pruning": { "pattern": "2:4" }, "layerwise": { }
            }
            """);
        RecipeException exception = Should.Throw<RecipeException>(() => RecipeReader.Read(path, $"{(section.Length > 0 ? section + "." : "")}nosuchfield=1"));
        HashSet<string> reader = [.. exception.Expected["one of the fields ".Length..].Split(", ")];

        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Fixtures.Root, "src/ModelCompiler.Training/Recipes/recipe.schema.json")));
        JsonElement properties = schema.RootElement.GetProperty("properties");
        if (section.Length > 0)
            properties = properties.GetProperty(section).GetProperty("properties");
        foreach (JsonProperty property in properties.EnumerateObject())
            property.Value.GetProperty("description").GetString().ShouldNotBeNullOrWhiteSpace(property.Name);
        HashSet<string> written = [.. properties.EnumerateObject().Select(p => p.Name).Where(n => n != "$schema")];
        if (section == "data")
            written.Remove("folder"); // WordNet's only
        written.Order().ShouldBe(reader.Order());
    }

    [Fact]
    public void SampleRecipesRead()
    {
        string[] files = Directory.GetFiles(Path.Combine(Fixtures.Root, "samples/Supersense/training/recipes"), "*.json");
        files.Length.ShouldBeGreaterThan(5);
        foreach (string file in files)
        {
            if (file.EndsWith(".sweep.json", StringComparison.Ordinal))
            {
                Sweeps.Sweep sweep = Sweeps.Sweep.Read(file);
                (int points, string second) = sweep.Name switch
                {
                    "learning-rates.sweep" => (6, "learningRate=5e-05, epochs=5"),
                    "pruning-order.sweep" => (16, "order=pruneThenQuantize, epochs=1, seed=2"),
                    "pruning-methods.sweep" => (4, "pattern=2:4, method=movement"),
                    _ => (9, "weights=symmetric, activations=symmetric, seed=2"),
                };
                sweep.Points.Count.ShouldBe(points);
                sweep.Points[1].Recipe.Name.ShouldBe(second);
                sweep.Points.Select(point => point.Recipe.Json).ShouldBeUnique();
            }
            else
            {
                Directory.Exists(RecipeReader.Read(file).Model.From).ShouldBeTrue(file);
            }
        }
    }
}

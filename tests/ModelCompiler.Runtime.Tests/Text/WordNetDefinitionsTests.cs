using System.Text.Json;
using ModelCompiler.Runtime.Data;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Text;

public sealed class WordNetDefinitionsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wordnet-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Labels_are_the_labels_of_the_model_in_the_order_of_its_ids()
    {
        using JsonDocument config = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(TestFiles.SampleModel, "config.json")));
        string[] expected = [.. config.RootElement.GetProperty("id2label").EnumerateObject()
            .OrderBy(property => int.Parse(property.Name))
            .Select(property => property.Value.GetString()!)];
        WordNetDefinitions.Labels.ShouldBe(expected);
    }

    [PrerequisiteFact(Prerequisites.WordNet)]
    public void Splits_have_the_known_sizes()
    {
        ILookup<DataSplit, WordNetDefinition> all =
            WordNetDefinitions.Read(TestFiles.WordNet).ToLookup(definition => definition.Split);
        all[DataSplit.Test].Count().ShouldBe(11_923);
        all[DataSplit.Validation].Count().ShouldBe(11_766);
        all[DataSplit.Training].Count().ShouldBe(93_970);
    }

    [PrerequisiteFact(Prerequisites.WordNet)]
    public void Golden_texts_have_their_golden_labels()
    {
        string fixtures = Path.Combine(TestFiles.Fixtures, "wordnet-bert");
        string[] texts = JsonSerializer.Deserialize<string[]>(
            File.ReadAllText(Path.Combine(fixtures, "golden_texts.json")))!;
        using var golden = SafetensorsFile.Open(Path.Combine(fixtures, "golden.safetensors"));
        int[] labels = golden.Read<int>("labels");
        ILookup<string, int> byText = WordNetDefinitions.Read(TestFiles.WordNet)
            .ToLookup(definition => definition.Text, definition => definition.Label);
        for (int i = 0; i < texts.Length; i++)
            byText[texts[i]].ShouldContain(labels[i], texts[i]);
    }

    [Fact]
    public void A_synset_line_gives_its_gloss_without_examples()
    {
        WriteFiles("""
              1 This software and database is being provided to you
            00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is perceived  
            00001931 38 v 01 go 0 000 | change location; move; "How fast does it go?"; "We travelled"
            00001932 44 a 01 x 0 000 | a "quoted" thing
            """);
        WordNetDefinitions.Read(_folder).ShouldBe(
        [
            new WordNetDefinition("that which is perceived", 3, DataSplit.Test),
            new WordNetDefinition("change location; move", 38, DataSplit.Validation),
            new WordNetDefinition("a \"quoted\" thing", 44, DataSplit.Training),
        ]);
    }

    [Theory]
    [InlineData("00001740 03 n 01 entity 0 000")]
    [InlineData("00001740 45 n 01 entity 0 000 | text")]
    [InlineData("0000x740 03 n 01 entity 0 000 | text")]
    [InlineData("|")]
    public void A_line_that_is_no_synset_names_file_and_line(string line)
    {
        WriteFiles(line);
        Should.Throw<InvalidDataException>(() => WordNetDefinitions.Read(_folder).Count()).Message
            .ShouldContain("data.noun, line 1");
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Should.Throw<FileNotFoundException>(() => WordNetDefinitions.Read(_folder)).Message.ShouldContain("data.noun");

    private void WriteFiles(string nouns)
    {
        File.WriteAllText(Path.Combine(_folder, "data.noun"), nouns);
        foreach (string name in (string[])["data.verb", "data.adj", "data.adv"])
            File.WriteAllText(Path.Combine(_folder, name), "");
    }
}

using ModelCompiler.Runtime.Data;
using ModelCompiler.Training.Data;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Tests.Data;

public sealed class TextFileTests
{
    private static readonly string[] Labels = ["no", "yes"];

    [Fact]
    public void CsvQuotesAndPairsAreRead()
    {
        using var folder = new TestFolder();
        string path = folder.Write("a.csv", "id,label,text,other", "1,yes,\"a, \"\"b\"\"\",c", "2,0,\"two", "lines\",d");
        IReadOnlyList<TextExample> examples = Read(path, DataFormat.Csv, pair: "other");
        examples.ShouldBe([new("a, \"b\"", "c", 1), new("two\nlines", "d", 0)]);
    }

    [Fact]
    public void TabsDoNotQuote()
    {
        using var folder = new TestFolder();
        string path = folder.Write("a.tsv", "text\tlabel", "say \"so\tno", "\"\tyes");
        Read(path, DataFormat.Tsv).ShouldBe([new("say \"so", null, 0), new("\"", null, 1)]);
    }

    [Theory]
    [InlineData(DataFormat.Tsv, "text\tlable|a\tno", 1, "a column 'label'", "text, lable")]
    [InlineData(DataFormat.Tsv, "text\tlabel|a\tno|b\t2", 3, "index from 0 to 1", "'2'")]
    [InlineData(DataFormat.Csv, "text,label|a,maybe", 2, "2 labels", "'maybe'")]
    [InlineData(DataFormat.Csv, "text,label|a", 2, "2 fields", "1")]
    [InlineData(DataFormat.JsonLines, "{\"text\":\"a\",\"label\":1}|{\"text\":\"a\"}", 2, "a field 'label'", "text")]
    [InlineData(DataFormat.JsonLines, "{\"text\":\"a\",\"label\":7}", 1, "2 labels", "'7'")]
    [InlineData(DataFormat.JsonLines, "{\"text\":", 1, "one JSON object", "text")]
    [InlineData(DataFormat.Tsv, "text\tlabel", 0, "at least one", "none")]
    public void WrongLineIsNamed(DataFormat format, string lines, long line, string expected, string found)
    {
        using var folder = new TestFolder();
        string path = folder.Write("data", lines.Split('|'));
        DataException exception = Should.Throw<DataException>(() => Read(path, format));
        exception.Line.ShouldBe(line);
        exception.Message.ShouldStartWith(path);
        exception.Message.ShouldContain(expected);
        exception.Message.ShouldContain(found);
    }

    [Fact]
    public void CachedTokensAreTheTokens()
    {
        using var folder = new TestFolder();
        string model = Fixtures.WriteTinyBert(folder.File("tiny"));
        TextExample[] examples = [new("the red thing", "it is sour", 0), new("very loud", "now", 2)];
        TokenizedData first = TokenCache.Get(folder.File("cache"), model, examples, 16);
        TokenizedData second = TokenCache.Get(folder.File("cache"), model, examples, 16);
        Directory.GetFiles(folder.File("cache")).ShouldHaveSingleItem();
        TokenizedData plain = TokenCache.Get(null, model, examples, 16);
        for (int i = 0; i < examples.Length; i++)
        {
            second.IdsOf(i).ToArray().ShouldBe(plain.IdsOf(i).ToArray());
            second.TypesOf(i).ToArray().ShouldBe(plain.TypesOf(i).ToArray());
            first.IdsOf(i).ToArray().ShouldBe(plain.IdsOf(i).ToArray());
        }

        second.Labels.ShouldBe([0, 2]);
        plain.TypesOf(0).ToArray().ShouldContain((byte)1);
    }

    [Fact]
    public void EveryExampleIsInOneBatchOfSimilarLengths()
    {
        int[] lengths = [.. Enumerable.Range(0, 500).Select(i => 3 + i * 7 % 40)];
        var data = new TokenizedData(new int[lengths.Sum()], new byte[lengths.Sum()], lengths, new int[500]);
        int[][] batches = BatchOrder.Training(data, 32, seed: 1, epoch: 0);
        batches.SelectMany(b => b).Order().ShouldBe(Enumerable.Range(0, 500));
        batches.Average(b => b.Max(i => lengths[i]) - b.Min(i => lengths[i])).ShouldBeLessThan(9);
        BatchOrder.Training(data, 32, seed: 1, epoch: 0)[3].ShouldBe(batches[3]);
        BatchOrder.Training(data, 32, seed: 1, epoch: 1)[3].ShouldNotBe(batches[3]);
    }

    private static IReadOnlyList<TextExample> Read(string path, DataFormat format, string? pair = null) =>
        TextFiles.Read(new DataRecipe { Format = format, Training = path, PairColumn = pair }, DataSplit.Training, Labels);
}

using ModelCompiler.Tool.Evaluation;

namespace ModelCompiler.Tool.Tests;

/// <summary>Counting of right and wrong labels.</summary>
public class ConfusionMatrixTests
{
    [Fact]
    public void Counts_accuracy_recall_and_confusions()
    {
        var matrix = new ConfusionMatrix(3);
        foreach ((int actual, int predicted) in ((int, int)[])[(0, 0), (0, 0), (0, 1), (1, 2), (1, 2), (1, 1)])
            matrix.Add(actual, predicted);

        (matrix.Correct, matrix.Total, matrix.Accuracy).ShouldBe((3, 6, 0.5));
        matrix.Recall(0).ShouldBe(2.0 / 3);
        matrix.Recall(1).ShouldBe(1.0 / 3);
        matrix.Recall(2).ShouldBeNull();
        matrix.MostFrequent(10).ShouldBe([new Confusion(1, 2, 2), new Confusion(0, 1, 1)]);
        matrix.MostFrequent(1).ShouldBe([new Confusion(1, 2, 2)]);
    }
}

namespace ModelCompiler.Tool.Evaluation;

/// <summary>How often each label was taken for each other.</summary>
public sealed class ConfusionMatrix
{
    private readonly int[,] _counts;

    /// <summary>An empty matrix.</summary>
    /// <param name="labels">Number of labels.</param>
    public ConfusionMatrix(int labels) => _counts = new int[labels, labels];

    /// <summary>Number of labels.</summary>
    public int Labels => _counts.GetLength(0);

    /// <summary>Examples counted.</summary>
    public int Total { get; private set; }

    /// <summary>Examples whose label was found.</summary>
    public int Correct { get; private set; }

    /// <summary>Share of correct examples, 0 to 1; 0 without examples.</summary>
    public double Accuracy => Total == 0 ? 0 : (double)Correct / Total;

    /// <summary>Counts one example.</summary>
    public void Add(int actual, int predicted)
    {
        _counts[actual, predicted]++;
        Total++;
        if (actual == predicted)
            Correct++;
    }

    /// <summary>Examples of a label.</summary>
    public int Support(int actual) => Enumerable.Range(0, Labels).Sum(p => _counts[actual, p]);

    /// <summary>Share of a label's examples that were found; null without examples.</summary>
    public double? Recall(int actual) => Support(actual) is > 0 and var support ? (double)_counts[actual, actual] / support : null;

    /// <summary>Pairs of different labels by falling count, then by index; without pairs that never occurred.</summary>
    public IEnumerable<Confusion> MostFrequent(int count)
    {
        var pairs = new List<Confusion>();
        for (int a = 0; a < Labels; a++)
        {
            for (int p = 0; p < Labels; p++)
            {
                if (a != p && _counts[a, p] > 0)
                    pairs.Add(new(a, p, _counts[a, p]));
            }
        }

        return pairs.OrderByDescending(c => c.Count).ThenBy(c => c.Actual).ThenBy(c => c.Predicted).Take(count);
    }
}

/// <summary>One label taken for another.</summary>
/// <param name="Actual">Index of the true label.</param>
/// <param name="Predicted">Index of the predicted one.</param>
/// <param name="Count">How often.</param>
public readonly record struct Confusion(int Actual, int Predicted, int Count);

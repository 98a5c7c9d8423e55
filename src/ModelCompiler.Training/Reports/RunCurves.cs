using System.Text.Json;

namespace ModelCompiler.Training.Reports;

/// <summary>What a log says of a run, as points to draw.</summary>
/// <param name="Name">Name of the run.</param>
/// <param name="Loss">(epoch, loss).</param>
/// <param name="Accuracy">(epoch, validation accuracy in %).</param>
/// <param name="TeacherAccuracy">The teacher's validation accuracy in %; null without a teacher.</param>
public sealed record RunCurves(
    string Name, IReadOnlyList<(double X, double Y)> Loss, IReadOnlyList<(double X, double Y)> Accuracy, double? TeacherAccuracy)
{
    /// <summary>Reads a log; a last line that is cut is left out.</summary>
    public static RunCurves Read(string logPath)
    {
        string name = Path.GetFileName(Path.GetDirectoryName(logPath)) ?? "";
        double? teacher = null;
        var loss = new List<(double, double)>();
        var accuracy = new List<(double, double)>();
        foreach (string line in ReadLines(logPath))
        {
            if (!line.EndsWith('}'))
                continue;
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            switch (root.GetProperty("event").GetString())
            {
                case "start":
                    name = root.GetProperty("name").GetString()!;
                    JsonElement value = root.GetProperty("teacherAccuracy");
                    teacher = value.ValueKind == JsonValueKind.Number ? 100 * value.GetDouble() : null;
                    break;
                case "steps":
                    loss.Add((root.GetProperty("epoch").GetDouble(), root.GetProperty("loss").GetDouble()));
                    break;
                case "evaluation":
                    accuracy.Add((root.GetProperty("epoch").GetDouble(), 100 * root.GetProperty("accuracy").GetDouble()));
                    break;
            }
        }

        return new(name, loss, accuracy, teacher);
    }

    /// <summary>The log of a run that still writes it is read as well.</summary>
    private static List<string> ReadLines(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
            lines.Add(line);
        return lines;
    }
}

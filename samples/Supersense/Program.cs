using System.CommandLine;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime;
using SupersenseSample;

var definitions = new Argument<string[]>("definition") { Description = "Definitions; read from standard input, one a line, where there are none." };
var precision = new Option<string>("--precision")
{
    Description = $"Which generated class runs: {string.Join(", ", Precisions.Names)}.",
    DefaultValueFactory = _ => "w4a4",
};
precision.AcceptOnlyFromAmong([.. Precisions.Names]);
var model = new Option<string?>("--model") { Description = "Model folder; the one trained for W4A4 or the FP16 one where not given." };
var top = new Option<int>("--top") { Description = "Labels shown for each definition.", DefaultValueFactory = _ => 3 };
top.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() < 1)
        result.AddError("--top: expected 1 or more.");
});
var evaluate = new Option<string?>("--evaluate") { Description = "Folder with WordNet's data files: measures accuracy on the test definitions." };
var device = new Option<string>("--device") { Description = "cpu, or cuda:0 for the first GPU.", DefaultValueFactory = _ => "cpu" };
device.Validators.Add(result =>
{
    if (!TryDevice(result.GetValueOrDefault<string>(), out _))
        result.AddError($"--device: expected cpu or cuda:N, found '{result.GetValueOrDefault<string>()}'.");
});
var threads = new Option<int>("--threads") { Description = "Threads; 0 for one per processor." };

var root = new RootCommand("Tells the supersense of a definition: what kind of thing or happening it defines.")
{
    definitions, precision, model, top, evaluate, device, threads,
};
root.SetAction(parsed =>
{
    _ = TryDevice(parsed.GetRequiredValue(device), out Device target);
    using EncoderSession session = Precisions.Load(
        parsed.GetRequiredValue(precision), parsed.GetValue(model) ?? Precisions.FolderOf(parsed.GetRequiredValue(precision)), new() { Device = target, Threads = parsed.GetValue(threads) });
    if (parsed.GetValue(evaluate) is { } folder)
        Evaluation.Run(session, folder, parsed.GetRequiredValue(precision));
    else
        Classify(session, parsed.GetValue(definitions) ?? [], parsed.GetValue(top));
});

ParseResult command = root.Parse(args);
try
{
    int code = command.Invoke(new() { EnableDefaultExceptionHandler = false });
    return command.Errors.Count > 0 ? 2 : code;
}
catch (Exception e) when (e is ModelCompilerException or CudaException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"supersense: {e.Message}");
    return 1;
}

static bool TryDevice(string? text, out Device device)
{
    device = Device.Cpu;
    if (text == "cpu")
        return true;
    if (text is null || !text.StartsWith("cuda:", StringComparison.Ordinal) || !int.TryParse(text.AsSpan(5), out int ordinal) || ordinal < 0)
        return false;
    device = Device.Cuda(ordinal);
    return true;
}

static void Classify(EncoderSession session, string[] definitions, int top)
{
    if (definitions.Length > 0)
    {
        foreach ((string definition, Classification found) in definitions.Zip(session.Classify(definitions)))
            Write(session, definition, found, top);
        return;
    }

    // Each line is answered when it is read, so that a person can type.
    while (Console.ReadLine() is { } line)
    {
        if (!string.IsNullOrWhiteSpace(line))
            Write(session, line, session.Classify([line])[0], top);
    }
}

static void Write(EncoderSession session, string definition, Classification found, int top)
{
    Console.WriteLine(definition);
    foreach (int label in found.Top(top))
        Console.WriteLine(FormattableString.Invariant($"  {session.Labels[label],-18} {100 * found.Probabilities[label],5:0.0} %"));
}

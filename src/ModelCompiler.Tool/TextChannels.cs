using Spectre.Console;

namespace ModelCompiler.Tool;

/// <summary>Where a command writes: results to one channel, which scripts read, and messages and progress to another.</summary>
public sealed class TextChannels
{
    private const int RedirectedWidth = 160;

    /// <summary>Channels over two writers.</summary>
    /// <param name="results">What the command was asked for.</param>
    /// <param name="messages">Progress and errors.</param>
    /// <param name="interactive">True where messages go to a terminal that can redraw lines.</param>
    public TextChannels(TextWriter results, TextWriter messages, bool interactive)
    {
        (Results, Messages, IsInteractive) = (results, messages, interactive);
        ResultConsole = Create(results, interactive: false);
        MessageConsole = Create(messages, interactive);
    }

    /// <summary>Results as plain text.</summary>
    public TextWriter Results { get; }

    /// <summary>Progress and errors as plain text.</summary>
    public TextWriter Messages { get; }

    /// <summary>True where progress may redraw its line.</summary>
    public bool IsInteractive { get; }

    /// <summary>Results as tables.</summary>
    public IAnsiConsole ResultConsole { get; }

    /// <summary>Progress as bars.</summary>
    public IAnsiConsole MessageConsole { get; }

    /// <summary>The process's own output and error streams.</summary>
    public static TextChannels Process() => new(Console.Out, Console.Error, interactive: !Console.IsErrorRedirected);

    private static IAnsiConsole Create(TextWriter writer, bool interactive)
    {
        bool terminal = (ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected) || interactive;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = interactive ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!terminal)
            console.Profile.Width = RedirectedWidth;
        return console;
    }
}

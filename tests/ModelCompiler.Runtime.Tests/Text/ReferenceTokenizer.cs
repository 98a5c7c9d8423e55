using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ModelCompiler.Runtime.Tests.Text;

/// <summary>What the reference makes of one text or pair.</summary>
internal sealed record ReferenceEncoding(int[] Ids, int[] Types);

/// <summary>Runs the reference tokenizer, npm's @huggingface/tokenizers, on many texts at once.</summary>
internal static class ReferenceTokenizer
{
    public static ReferenceEncoding[] Encode(string tokenizerJson, IEnumerable<(string Text, string? Pair)> texts)
    {
        string requests = "[" + string.Join(",", texts.Select(text =>
            text.Pair is null ? $"[{Quote(text.Text)}]" : $"[{Quote(text.Text)},{Quote(text.Pair)}]")) + "]";
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = TestFiles.TokenizerReference,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("encode.mjs");
        start.ArgumentList.Add(tokenizerJson);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(requests);
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromMinutes(3)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException("The reference tokenizer did not end within three minutes.");
        }

        process.ExitCode.ShouldBe(0, error.Result);
        return JsonSerializer.Deserialize<ReferenceEncoding[]>(output.Result, JsonSerializerOptions.Web)!;
    }

    /// <summary>A JSON string in ASCII that keeps surrogates without partner, which System.Text.Json would replace.</summary>
    private static string Quote(string text)
    {
        var json = new StringBuilder("\"");
        foreach (char c in text)
        {
            if (c is >= ' ' and <= '~' and not ('"' or '\\'))
                json.Append(c);
            else
                json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return json.Append('"').ToString();
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelCompiler.Tool.Output;

/// <summary>Results for scripts: one JSON document on the result channel.</summary>
public static class JsonResult
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a value and a line end.</summary>
    public static void Write<T>(TextWriter writer, T value) => writer.WriteLine(JsonSerializer.Serialize(value, Options));
}

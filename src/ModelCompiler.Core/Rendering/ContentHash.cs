using System.Security.Cryptography;
using System.Text;

namespace ModelCompiler.Core.Rendering;

/// <summary>SHA-256 of text.</summary>
public static class ContentHash
{
    /// <summary>Hash of the text's UTF-8 bytes, in lower-case hexadecimal.</summary>
    public static string Of(string text)
    {
        using var sha = SHA256.Create();
        byte[] hash = sha.ComputeHash(Encoding.UTF8.GetBytes(text));
        var digits = new StringBuilder(2 * hash.Length);
        foreach (byte value in hash)
            digits.Append(value.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
        return digits.ToString();
    }
}

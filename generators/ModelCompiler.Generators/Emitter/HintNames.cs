using System.Security.Cryptography;
using System.Text;
using ModelCompiler.Core;
using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Generators.Emitter;

/// <summary>Names generated files. The compiler compares the names without regard to case, C# compares types with it.</summary>
internal static class HintNames
{
    /// <summary>Names that are equal to another but for case, sorted; empty in any sane project.</summary>
    public static EquatableArray<string> CaseCollisions(IEnumerable<string> metadataNames) => metadataNames
        .Distinct(StringComparer.Ordinal)
        .GroupBy(n => n, StringComparer.OrdinalIgnoreCase)
        .Where(g => g.Count() > 1)
        .SelectMany(g => g)
        .OrderBy(n => n, StringComparer.Ordinal)
        .ToEquatableArray();

    /// <summary>The first part of the hint names of a class: its metadata name, told apart by a hash where case alone would.</summary>
    public static string Of(DeclaredType type, EquatableArray<string> collisions) =>
        collisions.Contains(type.MetadataName) ? $"{type.MetadataName}-{ShortHash(type.MetadataName)}" : type.MetadataName;

    private static string ShortHash(string name)
    {
        using var sha = SHA256.Create();
        return BitConverter.ToString(sha.ComputeHash(Encoding.UTF8.GetBytes(name)), 0, 4).Replace("-", "").ToLowerInvariant();
    }
}

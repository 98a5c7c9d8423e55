using System.Reflection;

namespace ModelCompiler.Generators.Tests.Hosting;

/// <summary>Files of this repository that tests read.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot").Value!;

    public static string Read(params string[] path) => File.ReadAllText(PathOf(path)).Replace("\r\n", "\n");

    public static string PathOf(params string[] path) => Path.Combine([Root, .. path]);
}

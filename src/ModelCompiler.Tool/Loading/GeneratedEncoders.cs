using System.Reflection;
using System.Runtime.Loader;
using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Loading;

/// <summary>
/// The generated classes of a compiled assembly. The assembly's own copies of this library are not loaded: the tool's
/// types stand for them, so that descriptors can be used here.
/// </summary>
public static class GeneratedEncoders
{
    /// <summary>Descriptors of all generated classes, by class name.</summary>
    /// <param name="assemblyPath">A .NET assembly; what it depends on lies beside it.</param>
    /// <exception cref="ModelCompilerException">There is no such file, or a class in it was made by another version.</exception>
    public static IReadOnlyList<EncoderDescriptor> Load(string assemblyPath)
    {
        string path = Path.GetFullPath(assemblyPath);
        if (!File.Exists(path))
            throw new ModelCompilerException($"{assemblyPath}: expected a .NET assembly, found no such file.");
        var context = new EncoderLoadContext(path);
        Assembly assembly = context.LoadFromAssemblyPath(path);
        var descriptors = new List<EncoderDescriptor>();
        foreach (Type type in LoadTypes(assembly, path))
        {
            if (type is { IsClass: true, IsAbstract: false } && ImplementsGeneratedEncoder(type))
                descriptors.Add(DescriptorOf(type));
        }

        return [.. descriptors.OrderBy(d => d.Name, StringComparer.Ordinal)];
    }

    private static Type[] LoadTypes(Assembly assembly, string path)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            throw new ModelCompilerException(
                $"{path}: expected an assembly whose types load with this version of modelc, found: {e.LoaderExceptions.FirstOrDefault()?.Message}", e);
        }
    }

    private static bool ImplementsGeneratedEncoder(Type type) => type.GetInterfaces().Any(i =>
        i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IGeneratedEncoder<>) && i.GenericTypeArguments[0] == type);

    private static EncoderDescriptor DescriptorOf(Type type) =>
        (EncoderDescriptor)typeof(GeneratedEncoders)
            .GetMethod(nameof(ReadDescriptor), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(type)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null)!;

    private static EncoderDescriptor ReadDescriptor<T>()
        where T : IGeneratedEncoder<T> => T.Descriptor;

    private sealed class EncoderLoadContext(string path) : AssemblyLoadContext("modelc")
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName name)
        {
            if (name.Name is "ModelCompiler" or "ModelCompiler.Core" or "ModelCompiler.Runtime")
                return null;
            return _resolver.ResolveAssemblyToPath(name) is { } found ? LoadFromAssemblyPath(found) : null;
        }
    }
}

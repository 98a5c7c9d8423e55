namespace ModelCompiler.Core.Spec.Declaration;

/// <summary>The type that carries the attributes, as far as generating its other part depends on it.</summary>
/// <param name="Namespace">Namespace with keywords escaped; empty for the global one.</param>
/// <param name="Containers">Types around it, outermost first.</param>
/// <param name="Name">Simple name, escaped where it is a keyword.</param>
/// <param name="MetadataName">Full name with namespace, <c>+</c> between nested types and arity.</param>
/// <param name="Kind"><c>class</c>, or what it is instead, such as <c>record</c>, <c>struct</c> or <c>static class</c>.</param>
/// <param name="IsPartial">Every declaration says <c>partial</c>.</param>
/// <param name="Arity">Type parameters of its own.</param>
/// <param name="HasPrimaryConstructor">Declares parameters after its name.</param>
public sealed record DeclaredType(
    string Namespace,
    EquatableArray<ContainerType> Containers,
    string Name,
    string MetadataName,
    string Kind,
    bool IsPartial,
    int Arity,
    bool HasPrimaryConstructor)
{
    /// <summary>Name as C# writes it, without namespace: <c>Outer.Inner</c>.</summary>
    public string NestedName => string.Concat(Containers.Select(c => c.Name + ".")) + Name;

    /// <summary>Name as C# writes it, with namespace.</summary>
    public string FullName => Namespace.Length == 0 ? NestedName : Namespace + "." + NestedName;
}

/// <summary>A type that another is nested in.</summary>
/// <param name="Keyword">How its partial declaration begins: <c>class</c>, <c>struct</c>, <c>interface</c>, <c>record</c> or <c>record struct</c>.</param>
/// <param name="Name">Simple name, escaped where it is a keyword.</param>
/// <param name="IsPartial">Every declaration says <c>partial</c>.</param>
/// <param name="Arity">Type parameters.</param>
public sealed record ContainerType(string Keyword, string Name, bool IsPartial, int Arity);

/// <summary>What generated code needs from the compilation that it joins.</summary>
/// <param name="ReferencesRuntime">The assembly ModelCompiler.Runtime is referenced.</param>
/// <param name="LanguageVersion">C# version as Roslyn numbers it, such as 1400; generated code needs 1200.</param>
public sealed record DeclarationHost(bool ReferencesRuntime, int LanguageVersion);

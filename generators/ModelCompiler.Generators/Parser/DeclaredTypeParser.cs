using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelCompiler.Core;
using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Generators.Parser;

/// <summary>Describes a type symbol as data.</summary>
internal static class DeclaredTypeParser
{
    public static DeclaredType Parse(INamedTypeSymbol type, CancellationToken cancellation)
    {
        var containers = new List<ContainerType>();
        for (INamedTypeSymbol? outer = type.ContainingType; outer is not null; outer = outer.ContainingType)
            containers.Insert(0, new(Keyword(outer), Identifier(outer.Name), IsPartial(outer, cancellation), outer.Arity));
        return new(
            Namespace(type.ContainingNamespace),
            containers.ToEquatableArray(),
            Identifier(type.Name),
            MetadataName(type),
            Kind(type),
            IsPartial(type, cancellation),
            type.Arity,
            HasPrimaryConstructor(type, cancellation));
    }

    /// <summary>An identifier as C# source writes it: with <c>@</c> where the bare word could be read as a keyword.</summary>
    private static string Identifier(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? "@" + name : name;

    private static string Namespace(INamespaceSymbol? space)
    {
        string name = "";
        for (; space is { IsGlobalNamespace: false }; space = space.ContainingNamespace)
            name = name.Length == 0 ? Identifier(space.Name) : Identifier(space.Name) + "." + name;
        return name;
    }

    private static string MetadataName(INamedTypeSymbol type)
    {
        string name = type.MetadataName;
        for (INamedTypeSymbol? outer = type.ContainingType; outer is not null; outer = outer.ContainingType)
            name = outer.MetadataName + "+" + name;
        for (INamespaceSymbol? space = type.ContainingNamespace; space is { IsGlobalNamespace: false }; space = space.ContainingNamespace)
            name = space.Name + "." + name;
        return name;
    }

    private static string Kind(INamedTypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Class, IsRecord: false, IsStatic: false, IsAbstract: false, IsFileLocal: false } => "class",
        { IsRecord: false, IsStatic: true } => "static class",
        { IsFileLocal: true } => "file-local " + Keyword(type),
        { TypeKind: TypeKind.Class, IsRecord: false, IsAbstract: true } => "abstract class",
        _ => Keyword(type),
    };

    private static string Keyword(INamedTypeSymbol type) => type switch
    {
        { IsRecord: true, TypeKind: TypeKind.Struct } => "record struct",
        { IsRecord: true } => "record",
        { TypeKind: TypeKind.Struct } => "struct",
        { TypeKind: TypeKind.Interface } => "interface",
        _ => "class",
    };

    private static bool IsPartial(INamedTypeSymbol type, CancellationToken cancellation) => type.DeclaringSyntaxReferences.All(
        r => r.GetSyntax(cancellation) is TypeDeclarationSyntax syntax && syntax.Modifiers.Any(SyntaxKind.PartialKeyword));

    private static bool HasPrimaryConstructor(INamedTypeSymbol type, CancellationToken cancellation) => type.DeclaringSyntaxReferences.Any(
        r => r.GetSyntax(cancellation) is TypeDeclarationSyntax { ParameterList: not null });
}

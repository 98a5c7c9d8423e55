using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Generators.Parser;

namespace ModelCompiler.Generators.Diagnostics;

/// <summary>Finds the source location of a place in a declaration.</summary>
internal static class SpecLocator
{
    /// <summary>The argument or array item itself where it is written out, else its attribute, else the type's name.</summary>
    public static Location Locate(INamedTypeSymbol type, SpecPlace place, CancellationToken cancellation)
    {
        if (place.Element == SpecElement.Type || Attribute(type, place, cancellation) is not { } attribute)
            return TypeName(type, cancellation);
        if (place.Argument.Length == 0)
            return attribute.GetLocation();
        List<AttributeArgumentSyntax> arguments = Arguments(attribute, place.Argument);
        if (arguments.Count == 0)
            return attribute.GetLocation();
        if (place.Item < 0)
            return arguments[0].GetLocation();
        SyntaxNode? item = arguments.Count > 1
            ? place.Item < arguments.Count ? arguments[place.Item] : null
            : Items(arguments[0].Expression).ElementAtOrDefault(place.Item);
        return (item ?? arguments[0]).GetLocation();
    }

    private static Location TypeName(INamedTypeSymbol type, CancellationToken cancellation)
    {
        // The part with the attribute is the one that the user wrote for us.
        AttributeData? encoder = type.GetAttributes().FirstOrDefault(a => a.AttributeClass?.Name == nameof(EncoderAttribute) && EncoderParser.IsOurs(a));
        return encoder?.ApplicationSyntaxReference?.GetSyntax(cancellation).FirstAncestorOrSelf<BaseTypeDeclarationSyntax>() is { } declaration
            ? declaration.Identifier.GetLocation()
            : type.Locations.FirstOrDefault() ?? Location.None;
    }

    private static AttributeSyntax? Attribute(INamedTypeSymbol type, SpecPlace place, CancellationToken cancellation)
    {
        string name = place.Element + "Attribute";
        AttributeData? attribute = type.GetAttributes()
            .Where(a => a.AttributeClass?.Name == name && EncoderParser.IsOurs(a))
            .ElementAtOrDefault(place.Attribute);
        return attribute?.ApplicationSyntaxReference?.GetSyntax(cancellation) as AttributeSyntax;
    }

    /// <summary>The arguments of that name; all positional ones where the name is that of the constructor's parameter.</summary>
    private static List<AttributeArgumentSyntax> Arguments(AttributeSyntax attribute, string name)
    {
        if (attribute.ArgumentList is not { } list)
            return [];
        bool isPositional = char.IsLower(name[0]);
        return [.. list.Arguments.Where(a => isPositional ? a.NameEquals is null : a.NameEquals?.Name.Identifier.ValueText == name)];
    }

    private static IEnumerable<SyntaxNode> Items(ExpressionSyntax expression) => expression switch
    {
        CollectionExpressionSyntax collection => collection.Elements,
        ArrayCreationExpressionSyntax { Initializer: { } initializer } => initializer.Expressions,
        ImplicitArrayCreationExpressionSyntax array => array.Initializer.Expressions,
        _ => [expression],
    };
}

using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Checks the type that carries the attributes, and its compilation.</summary>
internal static class TypeValidation
{
    private const int FirstLanguageVersion = 1200;

    public static void Check(EncoderSpec spec, SpecErrorList errors)
    {
        DeclaredType type = spec.Type;
        if (type.Kind != "class")
            errors.Add(DeclarationRules.KindNotSupported, SpecPlace.Type, type.Name, (type.Kind[0] is 'a' or 'i' ? "an " : "a ") + type.Kind);
        if (!type.IsPartial)
            errors.Add(DeclarationRules.NotPartial, SpecPlace.Type, type.Name);
        if (type.HasPrimaryConstructor)
            errors.Add(DeclarationRules.PrimaryConstructor, SpecPlace.Type, type.Name);
        if (type.Arity > 0)
            errors.Add(DeclarationRules.Generic, SpecPlace.Type, type.Name, type.Name);
        foreach (ContainerType container in type.Containers)
        {
            if (!container.IsPartial)
                errors.Add(DeclarationRules.ContainerNotPartial, SpecPlace.Type, type.Name, container.Name);
            if (container.Arity > 0)
                errors.Add(DeclarationRules.Generic, SpecPlace.Type, type.Name, container.Name);
        }

        if (!spec.Host.ReferencesRuntime)
            errors.Add(DeclarationRules.RuntimeNotReferenced, SpecPlace.Type, type.Name);
        if (spec.Host.LanguageVersion < FirstLanguageVersion)
            errors.Add(DeclarationRules.LanguageTooOld, SpecPlace.Type, type.Name, VersionText(spec.Host.LanguageVersion));
    }

    /// <summary>Roslyn numbers versions 1 to 6 as they are, later ones as 100 · major + minor.</summary>
    private static string VersionText(int version)
    {
        (int major, int minor) = version < 100 ? (version, 0) : (version / 100, version % 100);
        return minor == 0 ? Invariant.Text(major) : $"{Invariant.Text(major)}.{Invariant.Text(minor)}";
    }
}

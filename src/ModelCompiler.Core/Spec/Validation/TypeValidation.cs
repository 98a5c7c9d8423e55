using System.Globalization;
using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Checks the type that carries the attributes, and its compilation.</summary>
internal static class TypeValidation
{
    private const int FirstLanguageVersion = 1100;

    public static void Check(EncoderSpec spec, SpecErrorList errors)
    {
        DeclaredType type = spec.Type;
        if (type.Kind != "class")
            errors.Add(DeclarationRules.KindNotSupported, SpecPlace.Type, type.Name, type.Kind);
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
        {
            string version = (spec.Host.LanguageVersion / 100.0).ToString("0.#", CultureInfo.InvariantCulture);
            errors.Add(DeclarationRules.LanguageTooOld, SpecPlace.Type, type.Name, version);
        }
    }
}

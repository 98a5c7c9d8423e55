using ModelCompiler.Core.Spec.Configuration;
using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Reports what is wrong with the configuration file of a declaration.</summary>
internal static class ConfigValidation
{
    private const int MostFilesListed = 8;

    /// <summary>The configuration; null where there is none that can be read, <paramref name="broken"/> then tells why.</summary>
    public static HuggingFaceConfig? Read(EncoderSpec spec, SpecErrorList errors, out bool broken)
    {
        broken = true;
        string path = spec.Encoder.ConfigPath ?? "";
        switch (spec.Config)
        {
            case FoundConfig { Result.Config: { } config }:
                broken = false;
                return config;
            case FoundConfig found:
                foreach (HuggingFaceConfigError e in found.Result.Errors)
                    errors.Add(RuleOf(e.Kind), SpecPlace.ConfigPath, path, e.Line, e.Column, e.JsonPath, e.Expected, e.Found);
                return null;
            case MissingConfig missing:
                errors.Add(ConfigRules.ConfigNotFound, SpecPlace.ConfigPath, path, Listed(missing.Present));
                return null;
            case AmbiguousConfig ambiguous:
                errors.Add(ConfigRules.ConfigAmbiguous, SpecPlace.ConfigPath, path, Listed(ambiguous.Matches));
                return null;
            default:
                broken = false;
                return null;
        }
    }

    private static string Listed(EquatableArray<string> paths)
    {
        if (paths.Count == 0)
            return "none";
        string listed = string.Join(", ", paths.OrderBy(p => p, StringComparer.Ordinal).Take(MostFilesListed));
        return paths.Count > MostFilesListed ? $"{listed} and {Invariant.Text(paths.Count - MostFilesListed)} more" : listed;
    }

    private static SpecRule RuleOf(ConfigErrorKind kind) => kind switch
    {
        ConfigErrorKind.DuplicateKey => ConfigRules.ConfigDuplicateKey,
        ConfigErrorKind.MissingKey => ConfigRules.ConfigMissingKey,
        ConfigErrorKind.WrongValue => ConfigRules.ConfigWrongValue,
        ConfigErrorKind.UnsupportedFamily => ConfigRules.ConfigFamilyNotSupported,
        ConfigErrorKind.UnsupportedFeature => ConfigRules.ConfigFeatureNotSupported,
        ConfigErrorKind.LabelGap => ConfigRules.ConfigLabelGap,
        _ => ConfigRules.ConfigNotJson,
    };
}

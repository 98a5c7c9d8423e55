namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Rules about the type, MC00xx.</summary>
public static class DeclarationRules
{
    /// <summary>MC0001.</summary>
    public static SpecRule NotPartial { get; } = new("MC0001", "Encoder class is not partial",
        "'{0}' has [Encoder] but is not partial; write 'partial class {0}'",
        "The generator writes the other part of the class, which C# allows for partial classes only.");

    /// <summary>MC0002.</summary>
    public static SpecRule ContainerNotPartial { get; } = new("MC0002", "Type around an encoder class is not partial",
        "'{0}' is nested in '{1}', which is not partial",
        "The generated part repeats every type around the class, so each of them must be partial.");

    /// <summary>MC0003.</summary>
    public static SpecRule Generic { get; } = new("MC0003", "Encoder class is generic",
        "'{0}' is generic or nested in the generic type '{1}'; an encoder class has no type parameters",
        "A class stands for one model with fixed dimensions; type parameters would have no meaning.");

    /// <summary>MC0004.</summary>
    public static SpecRule KindNotSupported { get; } = new("MC0004", "Encoder is not a plain class",
        "'{0}' is {1}; [Encoder] needs a class that is neither static, abstract, file-local nor a record",
        "Instances own a session with native memory: they are created by Load and disposed of, never copied, compared by value or derived from an abstract class.");

    /// <summary>MC0005.</summary>
    public static SpecRule PrimaryConstructor { get; } = new("MC0005", "Encoder class has a primary constructor",
        "'{0}' has a primary constructor; remove its parameter list",
        "The generated part has the only constructor, which takes the loaded session.");

    /// <summary>MC0006.</summary>
    public static SpecRule RuntimeNotReferenced { get; } = new("MC0006", "ModelCompiler.Runtime is not referenced",
        "'{0}' needs the assembly ModelCompiler.Runtime, which this project does not reference",
        "Generated classes call the run time.");

    /// <summary>MC0007.</summary>
    public static SpecRule LanguageTooOld { get; } = new("MC0007", "C# version is too old",
        "'{0}' needs C# 12 or later, found C# {1}; set LangVersion",
        "Generated code uses raw strings, static abstract interface members and collection expressions, the last of which came with C# 12.");

    /// <summary>All of them by rising id.</summary>
    public static IReadOnlyList<SpecRule> All { get; } =
    [
        NotPartial, ContainerNotPartial, Generic, KindNotSupported, PrimaryConstructor, RuntimeNotReferenced,
        LanguageTooOld,
    ];
}

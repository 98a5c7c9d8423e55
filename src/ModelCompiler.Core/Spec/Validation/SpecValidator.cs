using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Core.Spec.Validation;

/// <summary>
/// Turns a declaration into what the compiler works on, or into the list of rules that it breaks. One broken rule does
/// not hide another, unless the second could not be decided without the first.
/// </summary>
public static class SpecValidator
{
    /// <summary>Validates a declaration. Deterministic and total: it never throws on a wrong one.</summary>
    public static ValidationResult Validate(EncoderSpec spec)
    {
        var errors = new SpecErrorList();
        TypeValidation.Check(spec, errors);
        EncoderModel? model = ModelValidation.Resolve(spec, errors);
        QuantizationScheme? scheme = SchemeValidation.Resolve(spec, model, errors);
        ShapeSet? shapes = ShapeValidation.Resolve(spec, model, errors);
        EquatableArray<GpuArch> targets = TargetValidation.Resolve(spec, errors);
        EncoderDeclaration? declaration =
            errors.AllowsCode && model is not null && scheme is not null && shapes is not null
                ? new(model, scheme, shapes, targets, spec.HasStrategy)
                : null;
        return new(declaration, errors.ToArray());
    }
}

/// <summary>A valid declaration: everything that planning and scheduling need.</summary>
/// <param name="Model">The encoder.</param>
/// <param name="Scheme">Precision of its linear parts.</param>
/// <param name="Shapes">Token buckets and longest sequence.</param>
/// <param name="Targets">Architectures, as declared.</param>
/// <param name="HasStrategy">Buckets may run in measured precisions that are no less accurate.</param>
public sealed record EncoderDeclaration(
    EncoderModel Model, QuantizationScheme Scheme, ShapeSet Shapes, EquatableArray<GpuArch> Targets, bool HasStrategy = false);

/// <summary>What validation found.</summary>
/// <param name="Declaration">The declaration; null where a rule with severity error is broken.</param>
/// <param name="Errors">Broken rules, warnings among them.</param>
public sealed record ValidationResult(EncoderDeclaration? Declaration, EquatableArray<SpecError> Errors);

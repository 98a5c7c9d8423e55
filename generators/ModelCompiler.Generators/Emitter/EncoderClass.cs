using ModelCompiler.Core;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;

namespace ModelCompiler.Generators.Emitter;

/// <summary>
/// All that a generated class depends on. Two equal values give equal files; it holds no symbol, syntax or compilation,
/// so that keeping it keeps no compilation alive.
/// </summary>
/// <param name="Type">The user's class.</param>
/// <param name="Declaration">The valid declaration on it.</param>
/// <param name="Tuned">Measured kernels that it takes instead of the rules' choice; of a tuning database, only this and the next get here.</param>
/// <param name="Strategies">Buckets that run in other precisions than the declared ones.</param>
internal sealed record EncoderClass(
    DeclaredType Type, EncoderDeclaration Declaration, EquatableArray<KernelChoice> Tuned, EquatableArray<BucketScheme> Strategies);

/// <summary>A generated file.</summary>
/// <param name="HintName">Unique name in the compilation, without regard to case.</param>
/// <param name="Text">C#, lines end in a line feed.</param>
internal sealed record GeneratedFile(string HintName, string Text);

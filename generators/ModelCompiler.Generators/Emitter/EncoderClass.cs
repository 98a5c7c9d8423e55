using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;

namespace ModelCompiler.Generators.Emitter;

/// <summary>
/// All that a generated class depends on. Two equal values give equal files; it holds no symbol, syntax or compilation,
/// so that keeping it keeps no compilation alive.
/// </summary>
/// <param name="Type">The user's class.</param>
/// <param name="Declaration">The valid declaration on it.</param>
internal sealed record EncoderClass(DeclaredType Type, EncoderDeclaration Declaration);

/// <summary>A generated file.</summary>
/// <param name="HintName">Unique name in the compilation, without regard to case.</param>
/// <param name="Text">C#, lines end in a line feed.</param>
internal sealed record GeneratedFile(string HintName, string Text);

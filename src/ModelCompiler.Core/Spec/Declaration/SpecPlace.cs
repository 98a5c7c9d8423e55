namespace ModelCompiler.Core.Spec.Declaration;

/// <summary>What a part of a declaration belongs to.</summary>
public enum SpecElement
{
    /// <summary>The type's name.</summary>
    Type,

    /// <summary><c>[Encoder]</c>.</summary>
    Encoder,

    /// <summary>A <c>[Quantize]</c>.</summary>
    Quantize,

    /// <summary><c>[Shapes]</c>.</summary>
    Shapes,

    /// <summary><c>[Targets]</c>.</summary>
    Targets,
}

/// <summary>A place in a declaration, without line numbers: whoever has the syntax at hand finds those.</summary>
/// <param name="Element">The type or one of its attributes.</param>
/// <param name="Attribute">Which of several attributes of that kind, from 0.</param>
/// <param name="Argument">Name of the argument; empty for the whole element. A positional argument has its parameter's name.</param>
/// <param name="Item">Index into an array argument; -1 for the whole argument.</param>
public sealed record SpecPlace(SpecElement Element, int Attribute = 0, string Argument = "", int Item = -1)
{
    /// <summary>The type's name.</summary>
    public static SpecPlace Type { get; } = new(SpecElement.Type);

    /// <summary>The configuration path of <c>[Encoder]</c>.</summary>
    public static SpecPlace ConfigPath { get; } = Encoder("configPath");

    /// <summary>An argument of <c>[Encoder]</c>.</summary>
    public static SpecPlace Encoder(string argument = "") => new(SpecElement.Encoder, 0, argument);

    /// <summary>An argument of a <c>[Quantize]</c>.</summary>
    public static SpecPlace Quantize(int attribute, string argument = "") => new(SpecElement.Quantize, attribute, argument);

    /// <summary>An argument of <c>[Shapes]</c>.</summary>
    public static SpecPlace Shapes(string argument = "", int item = -1) => new(SpecElement.Shapes, 0, argument, item);

    /// <summary>One of the architectures of <c>[Targets]</c>.</summary>
    public static SpecPlace Target(int item = -1) => new(SpecElement.Targets, 0, "architectures", item);
}

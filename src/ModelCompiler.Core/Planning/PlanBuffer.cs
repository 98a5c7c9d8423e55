using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Planning;

/// <summary>What the rows of a buffer are.</summary>
public enum RowDomain
{
    /// <summary>One row per packed token.</summary>
    Tokens,

    /// <summary>One row per sequence.</summary>
    Sequences,
}

/// <summary>What an element of a buffer is.</summary>
public enum BufferElement
{
    /// <summary>IEEE single precision.</summary>
    Float32,

    /// <summary>IEEE half precision.</summary>
    Float16,

    /// <summary>Quantized codes with row metadata: scale, minimum and code sum per row.</summary>
    Codes,
}

/// <summary>An intermediate value of the plan, alive from the op that writes it to the last op that reads it.</summary>
/// <param name="Id">Index into the plan's buffers.</param>
/// <param name="Name">What it holds, such as <c>layer2.context</c>.</param>
/// <param name="Element">Element type.</param>
/// <param name="Format">Code format where <paramref name="Element"/> is <see cref="BufferElement.Codes"/>, FP16 otherwise.</param>
/// <param name="Rows">Row domain.</param>
/// <param name="Columns">Columns.</param>
/// <param name="FirstOp">Op that writes it.</param>
/// <param name="LastOp">Last op that reads it; the last op of the plan for the output.</param>
public sealed record PlanBuffer(
    int Id, string Name, BufferElement Element, ActivationFormat Format, RowDomain Rows, int Columns, int FirstOp, int LastOp)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"%{Id} {Name} [{(Rows == RowDomain.Tokens ? "T" : "S")}, {Columns}] {(Element == BufferElement.Codes ? Format.ToString() : Element == BufferElement.Float16 ? "f16" : "f32")} ops {FirstOp}-{LastOp}";
}

namespace ModelCompiler.Runtime.Text;

/// <summary>A token that is found in the text before it is split into words.</summary>
/// <param name="Id">The token's id.</param>
/// <param name="Content">The text that it stands for.</param>
/// <param name="SingleWord">Only where no word character touches it.</param>
/// <param name="LeftStrip">Swallows spaces on its left.</param>
/// <param name="RightStrip">Swallows spaces on its right.</param>
/// <param name="Normalized">Both it and the text are normalized before they are compared.</param>
/// <param name="Special">Part of the model's protocol, such as <c>[SEP]</c>.</param>
internal sealed record AddedToken(
    int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special)
{
    public static AddedToken SpecialToken(int id, string content) => new(id, content, false, false, false, false, true);
}

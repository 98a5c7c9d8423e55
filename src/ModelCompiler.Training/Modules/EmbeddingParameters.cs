using ModelCompiler.Core.Spec;

namespace ModelCompiler.Training.Modules;

/// <summary>Word, position and token type tables, and the norm behind their sum.</summary>
public sealed class EmbeddingParameters(EncoderModel model, Tensor word, Tensor position, Tensor? type, NormParameters norm) : IDisposable
{
    /// <summary>[vocabulary, H].</summary>
    public ModelParameter Word { get; } = new("embeddings.word", word, decays: true);

    /// <summary>[positions, H].</summary>
    public ModelParameter Position { get; } = new("embeddings.position", position, decays: true);

    /// <summary>[types, H]; null for a model without token types.</summary>
    public ModelParameter? Type { get; } = type is null ? null : new("embeddings.type", type, decays: true);

    /// <summary>Layer norm behind the sum.</summary>
    public NormParameters Norm { get; } = norm;

    /// <summary>All parameters in a fixed order.</summary>
    public IEnumerable<ModelParameter> Parameters =>
        Type is null ? [Word, Position, Norm.Weight, Norm.Bias] : [Word, Position, Type, Norm.Weight, Norm.Bias];

    /// <summary>Looks tokens up.</summary>
    /// <param name="ids">int64 [B, L].</param>
    /// <param name="types">int64 [B, L].</param>
    /// <returns>[B, L, H].</returns>
    public Tensor Forward(Tensor ids, Tensor types)
    {
        // Padding lies behind the tokens, so RoBERTa's positions, which count tokens only, are these too.
        Tensor positions = HalfStorage.Round(Position.Value.narrow(0, model.PositionOffset, ids.shape[1]));
        Tensor sum = HalfStorage.Round(Rows(Word.Value, ids)).add(positions);
        if (Type is not null)
            sum = sum.add(HalfStorage.Round(Rows(Type.Value, types)));
        return Norm.Forward(sum);
    }

    private static Tensor Rows(Tensor table, Tensor ids) =>
        table.index_select(0, ids.view(-1)).view(ids.shape[0], ids.shape[1], table.shape[1]);

    /// <inheritdoc/>
    public void Dispose()
    {
        Word.Dispose();
        Position.Dispose();
        Type?.Dispose();
        Norm.Dispose();
    }
}

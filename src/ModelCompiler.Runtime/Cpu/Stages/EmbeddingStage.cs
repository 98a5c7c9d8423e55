using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Stages;

/// <summary>Gathers word, position and token type rows and adds them, in this order, in fp32.</summary>
internal sealed unsafe class EmbeddingStage : Stage
{
    private readonly CpuWeights _weights; // keeps the tables alive
    private readonly EmbeddingOp _op;
    private readonly int _hidden;
    private readonly float* _words;
    private readonly float* _positions;
    private readonly float* _types;

    public EmbeddingStage(ExecutionPlan plan, EmbeddingOp op, CpuWeights weights, RowStep[] steps)
        : base(steps)
    {
        _weights = weights;
        _op = op;
        _hidden = plan.Model.HiddenSize;
        _words = weights.Table(new(WeightRole.WordEmbedding));
        _positions = weights.Table(new(WeightRole.PositionEmbedding));
        _types = op.HasTokenTypes ? weights.Table(new(WeightRole.TokenTypeEmbedding)) : null;
    }

    /// <inheritdoc/>
    public override void Run(CpuWorkspace pass)
    {
        pass.ReserveScratch(_hidden);
        pass.Run(this, 0, Tasks(pass.Tokens, RowBlock, pass.Threads));
        GC.KeepAlive(_weights);
    }

    /// <inheritdoc/>
    public override void Execute(CpuWorkspace pass, int phase, int task, int worker)
    {
        (int row, int rows) = Share(pass.Tokens, task, Tasks(pass.Tokens, RowBlock, pass.Threads));
        float* y = pass.Scratch(worker);
        for (int token = row; token < row + rows; token++)
        {
            new ReadOnlySpan<float>(_words + (nint)pass.Ids[token] * _hidden, _hidden).CopyTo(new Span<float>(y, _hidden));
            Elementwise.Add(y, _positions + (nint)(_op.PositionOffset + pass.Places[token]) * _hidden, _hidden);
            if (_types != null)
                Elementwise.Add(y, _types + (nint)(pass.TokenTypes == null ? 0 : pass.TokenTypes[token]) * _hidden, _hidden);
            Finish(pass, y, _hidden, token, 1, _hidden);
        }
    }
}

using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime.Cpu.Binding;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Stages;

/// <summary>Shows the operands of a linear part to an observer. Computes the accumulators once more, and allocates.</summary>
internal static unsafe class LinearInspection
{
    /// <summary>Calls the observer.</summary>
    public static void Show(ICpuObserver observer, LinearOp op, CpuWeights weights, LinearStage stage, CpuWorkspace pass)
    {
        LinearInput input = stage.Input(pass);
        if (weights.Linear(op.Weight) is not IntegerLinearWeights integer)
        {
            observer.OnLinear(new() { Op = op, Tokens = pass.Tokens, Input = new(input.Floats, pass.Tokens * op.K) });
            return;
        }

        int offset = input.Codes.IsSigned ? CodeRows.SignedOffset : 0;
        short[] codes = new short[pass.Tokens * op.K];
        for (int i = 0; i < codes.Length; i++)
            codes[i] = (short)(input.Codes.Codes[i / op.K * input.Codes.Stride + i % op.K] - offset);
        observer.OnLinear(new()
        {
            Op = op,
            Tokens = pass.Tokens,
            Codes = codes,
            Scales = new(input.Scale, pass.Tokens),
            Minimums = new(input.Lo, pass.Tokens),
            Accumulators = Accumulators(op, integer, input, pass.Tokens),
        });
    }

    private static int[] Accumulators(LinearOp op, IntegerLinearWeights weights, in LinearInput input, int tokens)
    {
        int groups = weights.Matrix.Groups;
        int[] accumulators = new int[groups * tokens * op.N];
        using var padded = new AlignedMemory<int>(tokens * weights.PaddedN);
        for (int group = 0; group < groups; group++)
        {
            weights.Accumulate(input, 0, tokens, group, padded.Pointer);
            for (int row = 0; row < tokens; row++)
            {
                padded.Span.Slice(row * weights.PaddedN, op.N)
                    .CopyTo(accumulators.AsSpan((group * tokens + row) * op.N, op.N));
            }
        }

        return accumulators;
    }
}

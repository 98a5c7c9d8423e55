namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>
/// Integer weights W[n, k] in the layout of the int8 matrix product.
/// </summary>
/// <remarks>
/// Layout: <c>[N/16 panels][K/4][16 columns n][4 inputs k]</c>, s8. N and K are padded with zeros, which add nothing.
/// Unsigned 8-bit codes are stored as code - 128; <see cref="ZeroOffset"/> is what to add back. 4-bit codes fit s8 as
/// they are.
/// </remarks>
internal sealed unsafe class PackedInt8Matrix : IDisposable
{
    /// <summary>Columns n of a panel.</summary>
    public const int PanelColumns = 16;

    /// <summary>Inputs k that lie side by side.</summary>
    public const int Interleave = 4;

    private readonly AlignedMemory<sbyte> _data;
    private readonly AlignedMemory<int> _signedCorrection; // [groups, padded N]: -128 · Σ_k stored, for activations stored as code + 128
    private readonly AlignedMemory<int> _noCorrection; // [padded N] zeros
    private readonly int[] _codeSums; // [groups, N] Σ_k code

    private PackedInt8Matrix(ReadOnlySpan<short> codes, int n, int k, int groupSize)
    {
        N = n;
        K = k;
        GroupSize = groupSize == 0 ? k : groupSize;
        Panels = Round.UpDivide(n, PanelColumns);
        PaddedK = Round.UpTo(k, Interleave);
        int max = 0;
        foreach (short code in codes)
            max = Math.Max(max, code);
        ZeroOffset = max > sbyte.MaxValue ? 128 : 0;
        _data = new(Panels * PanelColumns * PaddedK);
        _signedCorrection = new(Groups * PaddedN);
        _noCorrection = new(PaddedN);
        _codeSums = new int[Groups * n];
        Pack(codes);
    }

    /// <summary>Outputs n.</summary>
    public int N { get; }

    /// <summary>Inputs k.</summary>
    public int K { get; }

    /// <summary>Inputs k rounded up to the interleave: the length that activation rows must be padded to.</summary>
    public int PaddedK { get; }

    /// <summary>Inputs that share a scale; K where there is one scale per row.</summary>
    public int GroupSize { get; }

    /// <summary>Groups in a row.</summary>
    public int Groups => K / GroupSize;

    /// <summary>Panels.</summary>
    public int Panels { get; }

    /// <summary>Outputs rounded up to whole panels.</summary>
    public int PaddedN => Panels * PanelColumns;

    /// <summary>code - stored value: 128 for unsigned 8-bit codes, 0 otherwise.</summary>
    public int ZeroOffset { get; }

    /// <summary>Σ_k code over each group, [groups, N].</summary>
    public ReadOnlySpan<int> CodeSums => _codeSums;

    internal sbyte* Data => _data.Pointer;

    /// <summary>Packs codes of either sign.</summary>
    /// <param name="codes">[n, k] row-major, each in [-128, 127] or each in [0, 255].</param>
    /// <param name="n">Outputs.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="groupSize">Inputs that share a scale, a multiple of 4 that divides k; 0 for whole rows.</param>
    public static PackedInt8Matrix Pack(ReadOnlySpan<short> codes, int n, int k, int groupSize = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        if (codes.Length != (long)n * k)
            throw new ArgumentException($"Expected {n} x {k} codes, found {codes.Length}.", nameof(codes));
        if (groupSize != 0 && (groupSize % Interleave != 0 || k % groupSize != 0))
            throw new ArgumentException($"Group size {groupSize} is no multiple of {Interleave} that divides K = {k}.", nameof(groupSize));
        return new(codes, n, k, groupSize);
    }

    /// <summary>Start values of the accumulators of a group, [padded N].</summary>
    /// <param name="group">Group index.</param>
    /// <param name="signedActivations">Activations are stored as code + 128.</param>
    internal int* Correction(int group, bool signedActivations) =>
        signedActivations ? _signedCorrection.Pointer + (nint)group * PaddedN : _noCorrection.Pointer;

    /// <inheritdoc/>
    public void Dispose()
    {
        _data.Dispose();
        _signedCorrection.Dispose();
        _noCorrection.Dispose();
    }

    private void Pack(ReadOnlySpan<short> codes)
    {
        int low = ZeroOffset - 128, high = ZeroOffset + 127;
        for (int row = 0; row < N; row++)
        {
            ReadOnlySpan<short> source = codes.Slice(row * K, K);
            sbyte* target = Data + (nint)(row / PanelColumns) * PanelColumns * PaddedK + row % PanelColumns * Interleave;
            for (int k = 0; k < K; k++)
            {
                int code = source[k];
                if (code < low || code > high)
                    throw new ArgumentException($"Code {code} at [{row}, {k}] lies outside [{low}, {high}].", nameof(codes));
                target[(nint)(k / Interleave) * PanelColumns * Interleave + k % Interleave] = (sbyte)(code - ZeroOffset);
            }

            for (int group = 0; group < Groups; group++)
            {
                int sum = 0;
                foreach (short code in source.Slice(group * GroupSize, GroupSize))
                    sum += code;
                _codeSums[group * N + row] = sum;
                _signedCorrection.Pointer[(nint)group * PaddedN + row] = -128 * (sum - ZeroOffset * GroupSize);
            }
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>
/// One head of one sequence: context = softmax(Q · Kᵀ / √d) · V. Scores and softmax are fp32; the numerators
/// exp(s - max) are rounded to FP16 for the product with V, their sum is not, and the context is divided by it at the end.
/// </summary>
internal sealed unsafe class AttentionKernel : IDisposable
{
    /// <summary>Queries whose scores are held at a time: a multiple of every tile height.</summary>
    private const int QueryBlock = 48;

    private const int Panel = PackedFloatMatrix.PanelColumns;

    private readonly AlignedMemory<float> _keys = new(); // [ceil(L/32)][d][32]
    private readonly AlignedMemory<float> _values = new(); // [ceil(d/32)][L][32]
    private readonly AlignedMemory<float> _scores = new(); // [QueryBlock, L rounded up to 32]
    private readonly AlignedMemory<float> _context = new(); // [QueryBlock, d rounded up to 32]

    /// <summary>Makes room for sequences of up to <paramref name="length"/> tokens.</summary>
    public void Reserve(int length, int headSize)
    {
        int paddedLength = Round.UpTo(length, Panel), paddedHead = Round.UpTo(headSize, Panel);
        _keys.EnsureLength(paddedLength * headSize);
        _values.EnsureLength(paddedHead * paddedLength);
        _scores.EnsureLength(QueryBlock * paddedLength);
        _context.EnsureLength(QueryBlock * paddedHead);
    }

    /// <summary>Computes a head.</summary>
    /// <param name="q">[length, stride]: first query row of the head, FP16 values.</param>
    /// <param name="k">[length, stride]: first key row.</param>
    /// <param name="v">[length, stride]: first value row.</param>
    /// <param name="stride">Elements between token rows of q, k and v.</param>
    /// <param name="length">Tokens of the sequence, at least 1.</param>
    /// <param name="headSize">d.</param>
    /// <param name="context">[length, contextStride] fp32.</param>
    /// <param name="contextStride">Elements between token rows of the result.</param>
    /// <param name="path">Instruction set.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Head(
        float* q, float* k, float* v, nint stride, int length, int headSize, float* context, nint contextStride, FloatPath path)
    {
        Reserve(length, headSize);
        int keyPanels = Round.UpDivide(length, Panel), valuePanels = Round.UpDivide(headSize, Panel);
        int scoreStride = keyPanels * Panel, blockStride = valuePanels * Panel;
        PackedFloatMatrix.PackRows(k, stride, length, headSize, _keys.Pointer);
        PackValues(v, stride, length, headSize);
        float scale = 1f / MathF.Sqrt(headSize);
        float* sums = stackalloc float[QueryBlock];

        for (int first = 0; first < length; first += QueryBlock)
        {
            int rows = Math.Min(QueryBlock, length - first);
            FloatGemm.Multiply(
                q + first * stride, stride, rows, _keys.Pointer, headSize * Panel, keyPanels, headSize, _scores.Pointer, scoreStride, path);
            for (int row = 0; row < rows; row++)
                sums[row] = Numerators(_scores.Pointer + row * scoreStride, length, scale);
            FloatGemm.Multiply(
                _scores.Pointer, scoreStride, rows, _values.Pointer, length * Panel, valuePanels, length, _context.Pointer, blockStride, path);
            for (int row = 0; row < rows; row++)
                Divide(_context.Pointer + row * blockStride, sums[row], context + (first + row) * contextStride, headSize);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
        _scores.Dispose();
        _context.Dispose();
    }

    /// <summary>V is [k = tokens, n = d] already: a panel takes 32 of its columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PackValues(float* v, nint stride, int length, int headSize)
    {
        for (int column = 0; column < headSize; column += Panel)
        {
            int width = Math.Min(Panel, headSize - column);
            float* panel = _values.Pointer + (nint)column * length;
            for (int token = 0; token < length; token++)
            {
                float* to = panel + (nint)token * Panel;
                new ReadOnlySpan<float>(v + token * stride + column, width).CopyTo(new Span<float>(to, width));
                new Span<float>(to + width, Panel - width).Clear();
            }
        }
    }

    /// <summary>s becomes round16(exp(s · scale - max)); returns the sum of the unrounded numerators.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Numerators(float* s, int count, float scale)
    {
        Vector256<float> factor = Vector256.Create(scale), most = Vector256.Create(float.NegativeInfinity);
        int whole = count & -VectorTail.Width, rest = count - whole;
        for (int i = 0; i < whole; i += VectorTail.Width)
        {
            Vector256<float> scaled = Vector256.Load(s + i) * factor;
            scaled.Store(s + i);
            most = Vector256.MaxNative(most, scaled);
        }

        // Behind the last key, scores are minus infinity: no weight. Rows are padded to whole panels, so whole vectors fit.
        if (rest > 0)
        {
            Vector256<float> scaled = VectorTail.Load(s + whole, rest) * factor;
            VectorTail.Store(scaled, s + whole, rest);
            scaled = VectorTail.Load(s + whole, rest, float.NegativeInfinity);
            scaled.Store(s + whole);
            most = Vector256.MaxNative(most, scaled);
        }

        Vector256<float> max = Vector256.Create(VectorTail.Max(most)), sum = default;
        for (int i = 0; i < count; i += VectorTail.Width)
        {
            Vector256<float> numerator = VectorMath.Exp(Vector256.Load(s + i) - max);
            sum += numerator;
            HalfRounding.Invoke(numerator).Store(s + i);
        }

        return VectorTail.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Divide(float* from, float divisor, float* to, int count)
    {
        Vector256<float> divisors = Vector256.Create(divisor);
        int i = 0;
        for (; i <= count - VectorTail.Width; i += VectorTail.Width)
            (Vector256.Load(from + i) / divisors).Store(to + i);
        for (; i < count; i++)
            to[i] = from[i] / divisor;
    }
}

using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Tests.Cpu;

public sealed unsafe class AttentionKernelTests
{
    [Theory]
    [InlineData(1, 64)]
    [InlineData(5, 8)]
    [InlineData(31, 32)]
    [InlineData(33, 20)]
    [InlineData(129, 64)]
    public void Every_path_equals_softmax_in_double(int length, int headSize)
    {
        // Two heads side by side in rows of q, k, v: [length, 3, 2, headSize].
        int hidden = 2 * headSize, stride = 3 * hidden;
        float[] qkv = Rows.Random(new Random(length), length * stride, 1.5f);
        for (int i = 0; i < qkv.Length; i++)
            qkv[i] = (float)(Half)qkv[i];
        float[] expected = Reference(qkv, length, headSize, head: 1);
        using var kernel = new AttentionKernel();
        float[]? first = null;
        foreach (FloatPath path in InstructionPaths.Float)
        {
            float[] context = new float[length * hidden];
            fixed (float* p = qkv, c = context)
                kernel.Head(p + headSize, p + hidden + headSize, p + 2 * hidden + headSize, stride, length, headSize, c + headSize, hidden, path);
            float[] head = Enumerable.Range(0, length * headSize).Select(i => context[i / headSize * hidden + headSize + i % headSize]).ToArray();
            Rows.RelativeError(head, expected).ShouldBeLessThan(5e-4); // numerators are rounded to FP16
            first ??= head;
            head.ShouldBe(first);
        }
    }

    [Fact]
    public void A_shorter_sequence_is_not_disturbed_by_what_a_longer_one_left()
    {
        float[] qkv = Rows.Random(new Random(5), 60 * 24);
        using AttentionKernel fresh = new(), used = new();
        float[] expected = new float[13 * 8], found = new float[13 * 8], longer = new float[60 * 8];
        fixed (float* p = qkv, e = expected, f = found, l = longer)
        {
            fresh.Head(p, p + 8, p + 16, 24, 13, 8, e, 8, InstructionPaths.BestFloat);
            used.Head(p, p + 8, p + 16, 24, 60, 8, l, 8, InstructionPaths.BestFloat);
            used.Head(p, p + 8, p + 16, 24, 13, 8, f, 8, InstructionPaths.BestFloat);
        }

        found.ShouldBe(expected);
    }

    private static float[] Reference(float[] qkv, int length, int headSize, int head)
    {
        int hidden = 2 * headSize, stride = 3 * hidden;
        float[] result = new float[length * headSize];
        for (int row = 0; row < length; row++)
        {
            double[] scores = new double[length];
            for (int key = 0; key < length; key++)
            {
                for (int i = 0; i < headSize; i++)
                    scores[key] += (double)qkv[row * stride + head * headSize + i] * qkv[key * stride + hidden + head * headSize + i];
                scores[key] /= Math.Sqrt(headSize);
            }

            double max = scores.Max(), sum = scores.Sum(s => Math.Exp(s - max));
            for (int i = 0; i < headSize; i++)
            {
                double value = 0;
                for (int key = 0; key < length; key++)
                    value += Math.Exp(scores[key] - max) / sum * qkv[key * stride + 2 * hidden + head * headSize + i];
                result[row * headSize + i] = (float)value;
            }
        }

        return result;
    }
}

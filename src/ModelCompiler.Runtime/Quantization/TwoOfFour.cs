using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Quantization;

/// <summary>The 2:4 pattern: of four consecutive inputs of a row, at most two weights are other than zero.</summary>
internal static class TwoOfFour
{
    private const int Group = 4;

    /// <summary>Zeroes the two smallest magnitudes of each four; of equal ones the later goes first.</summary>
    /// <param name="values">Rows whose length is a multiple of four.</param>
    public static void Prune(Span<float> values)
    {
        for (int at = 0; at < values.Length; at += Group)
        {
            Span<float> four = values.Slice(at, Group);
            for (int pruned = 0; pruned < 2; pruned++)
            {
                int smallest = -1;
                for (int i = 0; i < Group; i++)
                {
                    if (four[i] != 0 && (smallest < 0 || Math.Abs(four[i]) <= Math.Abs(four[smallest])))
                        smallest = i;
                }

                // Zeros that are there already count.
                if (Group - four.Count(0f) > 2)
                    four[smallest] = 0;
            }
        }
    }

    /// <summary>Refuses codes that break the pattern.</summary>
    /// <param name="folder">Where they come from.</param>
    /// <param name="tensor">Their tensor.</param>
    /// <param name="linear">The codes.</param>
    /// <exception cref="TensorMismatchException">Names the first four that has more than two codes other than zero.</exception>
    public static void Require(string folder, string tensor, QuantizedLinear linear)
    {
        for (int at = 0; at < linear.Codes.Length; at += Group)
        {
            int others = Group - linear.Codes.AsSpan(at, Group).Count((byte)0);
            if (others > 2)
            {
                throw new TensorMismatchException(
                    TensorMismatch.Value, folder, tensor,
                    "at most two of four consecutive weights other than zero, because the class declares Sparsity.TwoOfFour "
                    + "(prune in training, or with modelc quantize --sparsity 2of4)",
                    $"{others} in row {at / linear.Columns} from input {at % linear.Columns}");
            }
        }
    }
}

using System.Globalization;

namespace ModelCompiler.Runtime.Text.Unicode;

/// <summary>A map from code points to small numbers, as sorted ranges.</summary>
internal sealed class CodePointRanges
{
    private readonly int[] _begins;
    private readonly int[] _ends; // inclusive
    private readonly byte[] _values;

    private CodePointRanges(int[] begins, int[] ends, byte[] values)
    {
        _begins = begins;
        _ends = ends;
        _values = values;
    }

    /// <summary>Parses entries such as <c>41-5A</c>, whose value is 1, or <c>300-314=230</c>.</summary>
    public static CodePointRanges Parse(string[] entries)
    {
        var begins = new int[entries.Length];
        var ends = new int[entries.Length];
        var values = new byte[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            string[] sides = entries[i].Split('=');
            string[] bounds = sides[0].Split('-');
            begins[i] = UnicodeTables.Hex(bounds[0]);
            ends[i] = UnicodeTables.Hex(bounds[^1]);
            values[i] = sides.Length > 1 ? byte.Parse(sides[1], CultureInfo.InvariantCulture) : (byte)1;
        }

        return new CodePointRanges(begins, ends, values);
    }

    /// <summary>The value of the range that holds the code point, or 0.</summary>
    public int ValueAt(int codePoint)
    {
        int index = Array.BinarySearch(_begins, codePoint);
        if (index < 0)
            index = ~index - 1;
        return index >= 0 && codePoint <= _ends[index] ? _values[index] : 0;
    }
}

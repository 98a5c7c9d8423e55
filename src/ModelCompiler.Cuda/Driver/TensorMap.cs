using System.Runtime.CompilerServices;

namespace ModelCompiler.Cuda.Driver;

/// <summary>CUtensorMap: what the bulk copy engine has to know of a matrix in device memory. Opaque.</summary>
[InlineArray(Bytes)]
public struct TensorMap
{
    /// <summary>Size of a map.</summary>
    public const int Bytes = 128;

    /// <summary>Width of a box whose rows land in shared memory with the 128-byte swizzle.</summary>
    public const int SwizzledBoxBytes = 128;

    private byte _first;
}

/// <summary>Makes tensor maps.</summary>
public interface ITensorMaps
{
    /// <summary>
    /// A map over a row-major matrix, for copies of boxes: those that are <see cref="TensorMap.SwizzledBoxBytes"/> wide land in shared
    /// memory with that swizzle, narrower ones row after row. What lies outside of the matrix is read as zero.
    /// </summary>
    /// <param name="address">Device address, a multiple of 16.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="rowBytes">Bytes of a row, a multiple of 16.</param>
    /// <param name="boxRows">Rows of a box, at most 256.</param>
    /// <param name="boxBytes">Bytes of a row of a box.</param>
    TensorMap Rows(ulong address, int rows, int rowBytes, int boxRows, int boxBytes = TensorMap.SwizzledBoxBytes);
}

using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Native;

/// <summary>MctScalar of bridge.h: an integer or a real number.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct MctScalar(bool isInteger, long integer, double real)
{
    private readonly long _isInteger = isInteger ? 1 : 0;

    public readonly long Integer = integer;
    public readonly double Real = real;

    public bool IsInteger => _isInteger != 0;
}

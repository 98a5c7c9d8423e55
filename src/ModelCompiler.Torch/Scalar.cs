using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

/// <summary>A number as an operand: an integer leaves an integer tensor's type as it is, a real number does not.</summary>
public readonly struct Scalar
{
    internal Scalar(MctScalar value) => Native = value;

    internal MctScalar Native { get; }

    public static implicit operator Scalar(int value) => new(new MctScalar(true, value, 0));

    public static implicit operator Scalar(long value) => new(new MctScalar(true, value, 0));

    public static implicit operator Scalar(bool value) => new(new MctScalar(true, value ? 1 : 0, 0));

    public static implicit operator Scalar(float value) => new(new MctScalar(false, 0, value));

    public static implicit operator Scalar(double value) => new(new MctScalar(false, 0, value));
}

using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    public static Tensor empty(long[] size, ScalarType dtype = ScalarType.Float32, Device? device = null) =>
        Call.Made(Bridge.mct_empty(size, size.Length, (int)dtype, TypeOf(device), IndexOf(device)));

    public static Tensor zeros(long[] size, ScalarType dtype = ScalarType.Float32, Device? device = null) =>
        Call.Made(Bridge.mct_zeros(size, size.Length, (int)dtype, TypeOf(device), IndexOf(device)));

    public static Tensor ones(long[] size, ScalarType dtype = ScalarType.Float32, Device? device = null) =>
        Call.Made(Bridge.mct_ones(size, size.Length, (int)dtype, TypeOf(device), IndexOf(device)));

    public static Tensor full(long[] size, Scalar value, ScalarType dtype = ScalarType.Float32, Device? device = null) =>
        Call.Made(Bridge.mct_full(value.Native, size, size.Length, (int)dtype, TypeOf(device), IndexOf(device)));

    /// <summary>Uniform in [0, 1).</summary>
    public static Tensor rand(long[] size, ScalarType dtype = ScalarType.Float32, Device? device = null) =>
        Call.Made(Bridge.mct_rand(size, size.Length, (int)dtype, TypeOf(device), IndexOf(device)));

    /// <summary>Normal, mean 0, deviation 1.</summary>
    public static Tensor randn(long[] size, ScalarType dtype = ScalarType.Float32, Device? device = null) =>
        Call.Made(Bridge.mct_randn(size, size.Length, (int)dtype, TypeOf(device), IndexOf(device)));

    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType dtype = ScalarType.Int64, Device? device = null) =>
        Call.Made(Bridge.mct_arange(start.Native, stop.Native, step.Native, (int)dtype, TypeOf(device), IndexOf(device)));

    public static Tensor zeros_like(Tensor input) => Call.Made(Bridge.mct_zeros_like(input.Handle));

    public static Tensor ones_like(Tensor input) => Call.Made(Bridge.mct_ones_like(input.Handle));

    /// <summary>A copy of row-major elements.</summary>
    /// <param name="rawArray">The elements.</param>
    /// <param name="dimensions">Shape.</param>
    /// <param name="dtype">Type of the tensor; the elements' where not given.</param>
    /// <param name="device">Where; the host where not given.</param>
    public static Tensor tensor(float[] rawArray, long[] dimensions, ScalarType? dtype = null, Device? device = null) => Copy(rawArray, dimensions, dtype, device);

    /// <inheritdoc cref="tensor(float[], long[], ScalarType?, Device?)"/>
    public static Tensor tensor(double[] rawArray, long[] dimensions, ScalarType? dtype = null, Device? device = null) => Copy(rawArray, dimensions, dtype, device);

    /// <inheritdoc cref="tensor(float[], long[], ScalarType?, Device?)"/>
    public static Tensor tensor(long[] rawArray, long[] dimensions, ScalarType? dtype = null, Device? device = null) => Copy(rawArray, dimensions, dtype, device);

    /// <inheritdoc cref="tensor(float[], long[], ScalarType?, Device?)"/>
    public static Tensor tensor(int[] rawArray, long[] dimensions, ScalarType? dtype = null, Device? device = null) => Copy(rawArray, dimensions, dtype, device);

    /// <inheritdoc cref="tensor(float[], long[], ScalarType?, Device?)"/>
    public static Tensor tensor(bool[] rawArray, long[] dimensions, ScalarType? dtype = null, Device? device = null) => Copy(rawArray, dimensions, dtype, device);

    private static unsafe Tensor Copy<T>(T[] values, long[] dimensions, ScalarType? dtype, Device? device)
        where T : unmanaged
    {
        long count = dimensions.Aggregate(1L, (product, size) => product * size);
        if (count != values.Length)
            throw new ArgumentException($"Expected {count} elements for the shape [{string.Join(", ", dimensions)}], found {values.Length}.", nameof(values));
        ScalarType own = ScalarTypes.Of<T>();
        Tensor copied;
        fixed (T* first = values)
            copied = Call.Made(Bridge.mct_from_memory(first, dimensions, dimensions.Length, (int)own, TypeOf(device), IndexOf(device)), nameof(tensor));
        if (dtype is null || dtype == own)
            return copied;
        using (copied)
            return copied.to_type(dtype.Value);
    }

    private static int TypeOf(Device? device) => (int)(device?.type ?? DeviceType.CPU);

    private static int IndexOf(Device? device) => device?.index ?? -1;
}

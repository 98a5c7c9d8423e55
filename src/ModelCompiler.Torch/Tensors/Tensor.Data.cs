using System.Runtime.InteropServices;
using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    public sealed partial class Tensor
    {
        /// <summary>The one element.</summary>
        /// <typeparam name="T">float, double, int, long or bool; the element is converted.</typeparam>
        public T item<T>()
            where T : unmanaged
        {
            Call.Done(Bridge.mct_item(Handle, out MctScalar value));
            object boxed = value.IsInteger ? value.Integer : value.Real;
            return (T)Convert.ChangeType(boxed, typeof(T), System.Globalization.CultureInfo.InvariantCulture);
        }

        /// <summary>The elements, in row-major order.</summary>
        /// <typeparam name="T">Their type.</typeparam>
        /// <exception cref="ArgumentException">The tensor is of another type.</exception>
        public TensorAccessor<T> data<T>()
            where T : unmanaged => new(this);

        internal unsafe T[] ToArray<T>()
            where T : unmanaged
        {
            if (dtype != ScalarTypes.Of<T>())
                throw new ArgumentException($"Expected a tensor of {ScalarTypes.Of<T>()}, found one of {dtype}.", nameof(T));
            var values = new T[numel()];
            fixed (T* target = values)
                Call.Done(Bridge.mct_copy_out(Handle, target, (long)values.Length * sizeof(T)), "data");
            return values;
        }
    }

    /// <summary>Elements of a tensor on the host.</summary>
    public readonly struct TensorAccessor<T>
        where T : unmanaged
    {
        private readonly Tensor _tensor;

        internal TensorAccessor(Tensor tensor) => _tensor = tensor;

        /// <summary>A copy in row-major order.</summary>
        public T[] ToArray() => _tensor.ToArray<T>();
    }

    private static class ScalarTypes
    {
        public static ScalarType Of<T>() => default(T) switch
        {
            float => ScalarType.Float32,
            double => ScalarType.Float64,
            Half => ScalarType.Float16,
            long => ScalarType.Int64,
            int => ScalarType.Int32,
            short => ScalarType.Int16,
            sbyte => ScalarType.Int8,
            byte => ScalarType.Byte,
            bool => ScalarType.Bool,
            _ => throw new ArgumentException($"Expected a type that tensors have, found {typeof(T)}.", nameof(T)),
        };
    }
}

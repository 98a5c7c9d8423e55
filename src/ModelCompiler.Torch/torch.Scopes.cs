using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    /// <summary>A scope that frees the tensors made in it.</summary>
    public static DisposeScope NewDisposeScope() => new();

    /// <summary>Operations record nothing for gradients until it is disposed of.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    /// <summary>Operations record for gradients again, inside of <see cref="no_grad"/>.</summary>
    public static IDisposable enable_grad() => new GradMode(true);

    public static bool is_grad_enabled() => Bridge.mct_grad_enabled();

    /// <summary>Matrix products and the like run in a smaller type on this thread until it is disposed of.</summary>
    public static IDisposable autocast(Device device, ScalarType dtype)
    {
        ArgumentNullException.ThrowIfNull(device);
        return new Autocast(device, dtype);
    }

    /// <summary>Tensors of this process that are not freed yet, for tests of leaks.</summary>
    public static long live_tensors => Bridge.mct_live_tensors();

    private sealed class GradMode : IDisposable
    {
        private readonly bool _before = Bridge.mct_grad_enabled();

        public GradMode(bool enabled) => Bridge.mct_set_grad_enabled(enabled);

        public void Dispose() => Bridge.mct_set_grad_enabled(_before);
    }

    private sealed class Autocast : IDisposable
    {
        private readonly Device _device;
        private readonly ScalarType _dtype;

        public Autocast(Device device, ScalarType dtype)
        {
            (_device, _dtype) = (device, dtype);
            Call.Done(Bridge.mct_set_autocast((int)device.type, enabled: true, (int)dtype), nameof(autocast));
        }

        public void Dispose() => Call.Done(Bridge.mct_set_autocast((int)_device.type, enabled: false, (int)_dtype), nameof(autocast));
    }
}

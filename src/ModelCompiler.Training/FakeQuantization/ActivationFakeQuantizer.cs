using ModelCompiler.Core.Spec;
using ModelCompiler.Training.Modules;

namespace ModelCompiler.Training.FakeQuantization;

/// <summary>
/// Quantizes the input of a linear part in the forward pass and lets gradients through: token by token, or in one static
/// range. Values are first clipped to [-c, c] where there is a clip value; its gradient is that of the clipped values.
/// </summary>
public sealed class ActivationFakeQuantizer : IDisposable
{
    private Tensor? _fixedClip;
    private Tensor? _low;
    private Tensor? _high;

    /// <summary>The learned clip value c, a scalar; null where there is none or it is fixed.</summary>
    public ModelParameter? LearnedClip { get; private set; }

    /// <summary>True while inputs widen the static range instead of being quantized.</summary>
    public bool IsObserving { get; set; }

    /// <summary>The range of what was observed; null before anything was.</summary>
    public (float Low, float High)? ObservedRange =>
        _low is null || _high is null ? null : (_low.item<float>(), _high.item<float>());

    /// <summary>The static range in use: what was observed, clipped; null before anything was.</summary>
    public (float Low, float High)? StaticRange => ObservedRange is not { } range
        ? null
        : Clip is { } clip ? (Math.Max(range.Low, -clip), Math.Min(range.High, clip)) : range;

    /// <summary>c, learned or fixed; null where nothing is clipped.</summary>
    public float? Clip => ClipTensor?.item<float>();

    private Tensor? ClipTensor => LearnedClip?.Value ?? _fixedClip;

    /// <summary>Clips to [-c, c] from now on.</summary>
    /// <param name="clip">c, greater than 0; where it starts if it is learned.</param>
    /// <param name="learned">True to train it.</param>
    /// <param name="name">Name of the parameter.</param>
    /// <param name="device">Where the layer's weights are.</param>
    public void SetClip(float clip, bool learned, string name, torch.Device device)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clip);
        LearnedClip?.Dispose();
        _fixedClip?.Dispose();
        (LearnedClip, _fixedClip) = (null, null);
        Tensor value = torch.full([1L], clip, torch.float32, device).DetachFromDisposeScope();
        if (learned)
            LearnedClip = new(name, value, decays: false);
        else
            _fixedClip = value;
    }

    /// <summary>Sets the static range.</summary>
    public void SetStaticRange(float low, float high, torch.Device device)
    {
        if (!(low <= high) || !float.IsFinite(high - low))
            throw new ArgumentException($"Expected a finite range, found {low} to {high}.", nameof(low));
        Replace(torch.full([1L], low, torch.float32, device), torch.full([1L], high, torch.float32, device));
    }

    /// <summary>The values that the executors compute with.</summary>
    /// <param name="input">[..., K], fp32.</param>
    /// <param name="format">Bits, symmetry and kind of range; FP16 leaves the input as it is.</param>
    /// <returns>[..., K] with the gradient of <paramref name="input"/> where it was not cut off.</returns>
    public Tensor Apply(Tensor input, ActivationFormat format)
    {
        if (IsObserving)
        {
            Observe(input);
            return input;
        }

        if (!format.IsQuantized)
            return input;
        using var scope = torch.NewDisposeScope();
        Tensor source = input;
        if (ClipTensor is { } clip)
            source = torch.minimum(torch.maximum(input, clip.neg()), clip);
        Tensor quantized;
        using (torch.no_grad())
            quantized = CodesOf(input.detach(), format).Dequantize();

        // A static range saturates: what lies outside of it has no gradient. Codes come from the values themselves.
        if (format.Range == ActivationRange.Static)
            source = torch.minimum(torch.maximum(source, _low!), _high!);
        return Quantizer.StraightThrough(quantized, source).MoveToOuterDisposeScope();
    }

    /// <summary>Codes and ranges of an input.</summary>
    /// <param name="input">[..., K], without gradient.</param>
    /// <param name="format">4 or 8 bits, symmetry, kind of range.</param>
    /// <returns>Codes [..., K]; ranges [..., 1], or [1] where they are static.</returns>
    public Codes CodesOf(Tensor input, ActivationFormat format)
    {
        using var scope = torch.NewDisposeScope();
        Tensor? clip = ClipTensor?.detach();
        Tensor values = clip is null ? input : torch.minimum(torch.maximum(input, clip.neg()), clip);
        (Tensor scale, Tensor? minimum) = format.Range == ActivationRange.Static
            ? StaticRangeOf(format, clip)
            : Quantizer.RangeOf(values, format.Bits, format.Symmetry);
        return Quantizer.Quantize(values, scale, minimum, format.Bits).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LearnedClip?.Dispose();
        _fixedClip?.Dispose();
        _low?.Dispose();
        _high?.Dispose();
    }

    private (Tensor Scale, Tensor? Minimum) StaticRangeOf(ActivationFormat format, Tensor? clip)
    {
        if (_low is null || _high is null)
            throw new InvalidOperationException("A static range is calibrated before it is used; nothing was observed.");
        (Tensor low, Tensor high) = clip is null
            ? (_low, _high)
            : (torch.maximum(_low, clip.neg()), torch.minimum(_high, clip));
        int steps = Quantizer.Steps(format.Bits, format.Symmetry);
        return format.Symmetry == Symmetry.Symmetric
            ? (Quantizer.UsableScale(torch.maximum(low.abs(), high.abs()), steps), null)
            : (Quantizer.UsableScale(high.sub(low), steps), low);
    }

    private void Observe(Tensor input)
    {
        using (torch.no_grad())
        {
            Tensor low = input.detach().min().view(1), high = input.detach().max().view(1);
            Replace(_low is null ? low.clone() : torch.minimum(_low, low), _high is null ? high.clone() : torch.maximum(_high, high));
        }
    }

    private void Replace(Tensor low, Tensor high)
    {
        low = low.DetachFromDisposeScope();
        high = high.DetachFromDisposeScope();
        _low?.Dispose();
        _high?.Dispose();
        (_low, _high) = (low, high);
    }
}

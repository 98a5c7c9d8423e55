namespace ModelCompiler;

/// <summary>Where the quantization range of an activation tensor comes from.</summary>
public enum ActivationRange
{
    /// <summary>Each token's own range, measured at run time. The default, and the more accurate.</summary>
    PerToken = 0,

    /// <summary>One calibrated range for the whole tensor, stored in the checkpoint. Cheaper to fuse.</summary>
    Static,
}

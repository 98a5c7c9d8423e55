using ModelCompiler;

namespace SupersenseSample;

// One checkpoint, seven classes: the build writes each one's plan, its typed API and its kernels. They differ in the
// precision of the linear layers only, so any of them loads the same model folder.

/// <summary>16-bit weights and activations.</summary>
[Encoder("model/config.json")]
[Shapes(Tokens = [32, 256, 4096])]
[Targets(GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90a)]
public sealed partial class SupersenseFp16;

/// <summary>8-bit weights and activations.</summary>
[Encoder("model/config.json")]
[Quantize(Precision.W8A8)]
[Shapes(Tokens = [32, 256, 4096])]
[Targets(GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90a)]
public sealed partial class SupersenseW8A8;

/// <summary>4-bit weights, 8-bit activations.</summary>
[Encoder("model/config.json")]
[Quantize(Precision.W4A8)]
[Shapes(Tokens = [32, 256, 4096])]
[Targets(GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90a)]
public sealed partial class SupersenseW4A8;

/// <summary>4-bit weights, 16-bit activations.</summary>
[Encoder("model/config.json")]
[Quantize(Precision.W4A16)]
[Shapes(Tokens = [32, 256, 4096])]
[Targets(GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90a)]
public sealed partial class SupersenseW4A16;

/// <summary>4-bit weights and activations.</summary>
[Encoder("model/config.json")]
[Quantize(Precision.W4A4)]
[Shapes(Tokens = [32, 256, 4096])]
[Targets(GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90a)]
public sealed partial class SupersenseW4A4;

/// <summary>4-bit weights and activations, each range with a minimum of its own.</summary>
[Encoder("model/config.json")]
[Quantize(Precision.W4A4, Weights = Symmetry.Asymmetric, Activations = Symmetry.Asymmetric)]
[Shapes(Tokens = [32, 256, 4096])]
[Targets(GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90a)]
public sealed partial class SupersenseW4A4Asymmetric;

/// <summary>4-bit weights with a scale for each 64 inputs, 8-bit activations.</summary>
[Encoder("model/config.json")]
[Quantize(Precision.W4A8, GroupSize = 64)]
[Shapes(Tokens = [32, 256, 4096])]
[Targets(GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90a)]
public sealed partial class SupersenseW4A8Group64;

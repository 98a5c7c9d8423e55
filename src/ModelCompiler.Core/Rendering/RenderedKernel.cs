namespace ModelCompiler.Core.Rendering;

/// <summary>The CUDA source of one kernel.</summary>
/// <param name="Name">Entry point; encodes the plan of the kernel.</param>
/// <param name="Arch">Architecture that it is made for.</param>
/// <param name="Source">Text, ends in a line feed; includes <c>mc/*.cuh</c> headers by name.</param>
/// <param name="Hash">SHA-256 over the source, in lower-case hexadecimal.</param>
public sealed record RenderedKernel(string Name, GpuArch Arch, string Source, string Hash);

using System.Collections.Immutable;
using System.Globalization;
using ModelCompiler.Cuda.Compilation;

namespace ModelCompiler.Cuda.Tests.Prerequisites;

/// <summary>Small kernels that need no headers of the project.</summary>
internal static class SampleKernels
{
    public static KernelSource Scale(string name = "scale", float factor = 2) => new(name, $$"""
        extern "C" __global__ void {{name}}(float* values, int count) {
          int i = blockIdx.x * blockDim.x + threadIdx.x;
          if (i < count) values[i] = values[i] * {{factor.ToString("0.0#", CultureInfo.InvariantCulture)}}f + 1.0f;
        }

        """);

    /// <summary>Includes mc/outer.cuh, which includes mc/inner.cuh.</summary>
    public static KernelSource WithHeaders { get; } = new("with_headers", """
        #include "mc/outer.cuh"
        extern "C" __global__ void with_headers(float* values) { values[threadIdx.x] = outer(values[threadIdx.x]); }

        """);

    public static KernelHeaders Headers(string innerFactor = "3.0f", string unrelated = "") => new(new Dictionary<string, string>
    {
        ["mc/outer.cuh"] = "#pragma once\n#include \"mc/inner.cuh\"\nfloat outer(float x) { return inner(x) + 1.0f; }\n",
        ["mc/inner.cuh"] = $"#pragma once\nfloat inner(float x) {{ return x * {innerFactor}; }}\n",
        ["mc/unrelated.cuh"] = $"#pragma once\n{unrelated}\n",
    });

    /// <summary>128 values of each thread kept over a barrier, with at most 64 registers: it has to spill.</summary>
    public static KernelSource Spilling { get; } = new("spilling", """
        extern "C" __global__ void __launch_bounds__(1024) spilling(float* x, int n) {
          float v[128];
        #pragma unroll
          for (int i = 0; i < 128; ++i) v[i] = x[i * n];
          __syncthreads();
        #pragma unroll
          for (int i = 0; i < 128; ++i) x[i * n + 1] = v[i] * v[(i * 7) % 128];
        }

        """);

    public static ImmutableArray<KernelRequest> Several(int count, GpuArch arch = GpuArch.Sm80) =>
        [.. Enumerable.Range(0, count).Select(i => new KernelRequest(Scale($"scale_{i}", i + 1), arch))];
}

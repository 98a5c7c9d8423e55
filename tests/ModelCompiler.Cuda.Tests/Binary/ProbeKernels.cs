using System.Globalization;
using System.Text;
using ModelCompiler.Core;
using ModelCompiler.Cuda.Binary;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Interop;

namespace ModelCompiler.Cuda.Tests.Binary;

/// <summary>
/// One kernel for each tensor-core instruction, compiled once for each architecture. The name of a kernel is what the
/// tests ask for.
/// </summary>
internal static class ProbeKernels
{
    private static readonly Dictionary<GpuArch, Lazy<(CubinFile Cubin, string Log)>> Compiled =
        Enum.GetValues<GpuArch>().ToDictionary(arch => arch, arch => new Lazy<(CubinFile, string)>(() => Compile(arch)));

    public static CubinFile Cubin(GpuArch arch) => Compiled[arch].Value.Cubin;

    public static string Log(GpuArch arch) => Compiled[arch].Value.Log;

    private static (CubinFile, string) Compile(GpuArch arch)
    {
        NvrtcCompilation result = NvrtcCompiler.Load().Compile(
            "probes.cu", Text(arch), [], CompileOptions.Default.ToArguments(arch));
        result.Cubin.ShouldNotBeNull(result.Log);
        return (CubinFile.Parse(result.Cubin), result.Log);
    }

    private static string Text(GpuArch arch)
    {
        var text = new StringBuilder();
        foreach (string types in new[] { "s4.s4", "u4.u4", "s4.u4", "u4.s4" })
            text.Append(Mma(types, $"mma.sync.aligned.m16n8k64.row.col.s32.{types}.s32", "int", 4, 4, 2));
        foreach (string types in new[] { "s8.s8", "u8.u8", "s8.u8", "u8.s8" })
            text.Append(Mma(types, $"mma.sync.aligned.m16n8k32.row.col.s32.{types}.s32", "int", 4, 4, 2));
        text.Append(Mma("s4_k32", "mma.sync.aligned.m16n8k32.row.col.s32.s4.s4.s32", "int", 4, 2, 1));
        text.Append(Mma("s4_m8", "mma.sync.aligned.m8n8k32.row.col.s32.s4.s4.s32", "int", 2, 1, 1));
        text.Append(Mma("s8_k16", "mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32", "int", 4, 2, 1));
        text.Append(Mma("s8_m8", "mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32", "int", 2, 1, 1));
        text.Append(Mma("s4_sat", "mma.sync.aligned.m16n8k64.row.col.satfinite.s32.s4.s4.s32", "int", 4, 4, 2));
        text.Append(Mma("b1", "mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32.and.popc", "int", 4, 4, 2));
        text.Append(Mma("f16", "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", "float", 4, 4, 2));
        text.Append(Mma("f16_k8", "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32", "float", 4, 2, 1));
        text.Append(Mma("f16_acc16", "mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16", "int", 2, 4, 2));
        text.Append(Mma("bf16", "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", "float", 4, 4, 2));
        text.Append(Mma("tf32", "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", "float", 4, 4, 2));
        text.Append(Mma("sparse_s8", "mma.sp.sync.aligned.m16n8k64.row.col.s32.s8.s8.s32", "int", 4, 4, 4));
        text.Append(Mma("sparse_s4", "mma.sp.sync.aligned.m16n8k128.row.col.s32.s4.s4.s32", "int", 4, 4, 4));
        text.Append(Mma("sparse_f16", "mma.sp.sync.aligned.m16n8k32.row.col.f32.f16.f16.f32", "float", 4, 4, 4));
        text.Append(Double);
        text.Append(NoTensor);
        text.Append(RunTimeIndexedArray);
        if (arch == GpuArch.Sm90a)
        {
            foreach (string types in new[] { "s8.s8", "u8.u8", "s8.u8", "u8.s8" })
            {
                text.Append(Wgmma($"wgmma_{types}", $"wgmma.mma_async.sync.aligned.m64n64k32.s32.{types}", "int", 32, ""));
                text.Append(Wgmma($"wgmma_{types}_reg", $"wgmma.mma_async.sync.aligned.m64n128k32.s32.{types}", "int", 64, "", true));
            }

            text.Append(Wgmma("wgmma_sparse_s8", "wgmma.mma_async.sp.sync.aligned.m64n64k64.s32.s8.s8", "int", 32, ""));
            text.Append(Wgmma("wgmma_f16", "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16", "float", 32, ", 1, 1, 0, 0"));
            text.Append(Wgmma("wgmma_f16_reg", "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16", "float", 32, ", 1, 1, 0", true));
            text.Append(Wgmma("wgmma_f16_acc16", "wgmma.mma_async.sync.aligned.m64n64k16.f16.f16.f16", "int", 16, ", 1, 1, 0, 0"));
            text.Append(Wgmma("wgmma_bf16", "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16", "float", 32, ", 1, 1, 0, 0"));
            text.Append(Wgmma("wgmma_tf32", "wgmma.mma_async.sync.aligned.m64n64k8.f32.tf32.tf32", "float", 32, ", 1, 1"));
            text.Append(Wgmma("wgmma_e4m3", "wgmma.mma_async.sync.aligned.m64n64k32.f32.e4m3.e4m3", "float", 32, ", 1, 1"));
            text.Append(Wgmma("wgmma_e5m2", "wgmma.mma_async.sync.aligned.m64n64k32.f32.e5m2.e4m3", "float", 32, ", 1, 1"));
            text.Append(Wgmma("wgmma_sparse_f16", "wgmma.mma_async.sp.sync.aligned.m64n64k32.f32.f16.f16", "float", 32, ", 1, 1, 0, 0"));
        }

        return text.ToString();
    }

    /// <summary>One mma.sync with operands from memory and its accumulators to memory.</summary>
    private static string Mma(string name, string instruction, string type, int accumulators, int a, int b)
    {
        bool sparse = instruction.Contains(".sp.", StringComparison.Ordinal);
        string accumulator = type == "float" ? "f" : "r";
        string d = Placeholders(0, accumulators);
        string metadata = sparse ? $", %{accumulators + a + b}, 0x0" : "";
        return $$"""
            extern "C" __global__ void {{name.Replace('.', '_')}}(const int* a, const int* b, {{type}}* c) {
              {{type}} d[{{accumulators}}] = {};
              asm volatile("{{instruction}} {{d}}, {{Placeholders(accumulators, a)}}, {{Placeholders(accumulators + a, b)}}, {{d}}{{metadata}};"
                  : {{Operands($"+{accumulator}", "d", accumulators, "")}}
                  : {{Operands("r", "a", a, " * 32 + threadIdx.x")}}, {{Operands("r", "b", b, " * 32 + threadIdx.x")}}{{(sparse ? ", \"r\"(b[999])" : "")}});
              for (int i = 0; i < {{accumulators}}; ++i) c[i * 32 + threadIdx.x] = d[i];
            }

            """;
    }

    /// <summary>One wgmma on shared-memory descriptors, or with its left operand in registers.</summary>
    private static string Wgmma(
        string name, string instruction, string type, int accumulators, string scales, bool registers = false)
    {
        bool sparse = instruction.Contains(".sp.", StringComparison.Ordinal);
        string accumulator = type == "float" ? "f" : "r";
        int left = registers ? 4 : 1;
        int next = accumulators + left;
        string a = registers ? Placeholders(accumulators, 4) : $"%{accumulators}";
        string metadata = sparse ? $", %{next + 1}, 0" : "";
        int predicate = next + (sparse ? 2 : 1);
        return $$"""
            extern "C" __global__ void {{name.Replace('.', '_')}}(const int* a, unsigned long long da, unsigned long long db, {{type}}* c) {
              {{type}} d[{{accumulators}}] = {};
              asm volatile("wgmma.fence.sync.aligned;");
              asm volatile("{ .reg .pred p; setp.ne.b32 p, %{{predicate}}, 0; {{instruction}} {{Placeholders(0, accumulators)}}, {{a}}, %{{next}}{{metadata}}, p{{scales}}; }"
                  : {{Operands($"+{accumulator}", "d", accumulators, "")}}
                  : {{(registers ? Operands("r", "a", 4, "") : "\"l\"(da)")}}, "l"(db){{(sparse ? ", \"r\"(a[9])" : "")}}, "r"(1));
              asm volatile("wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0;");
              for (int i = 0; i < {{accumulators}}; ++i) c[threadIdx.x * {{accumulators}} + i] = d[i];
            }

            """;
    }

    private const string Double = """
        extern "C" __global__ void f64(const double* a, const double* b, double* c) {
          double d0 = 0, d1 = 0;
          asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};"
              : "+d"(d0), "+d"(d1) : "d"(a[threadIdx.x]), "d"(b[threadIdx.x]));
          c[threadIdx.x] = d0 + d1;
        }

        """;

    private const string NoTensor = """
        extern "C" __global__ void no_tensor(const float* a, float* c) {
          __shared__ float s[300];
          s[threadIdx.x] = a[threadIdx.x];
          __syncthreads();
          c[threadIdx.x] = s[threadIdx.x ^ 1] / a[7];
        }

        """;

    private const string RunTimeIndexedArray = """
        extern "C" __global__ void run_time_indexed_array(int* a, int n) {
          int x[64];
          for (int i = 0; i < 64; ++i) x[i] = a[i * n];
          for (int i = 0; i < n; ++i) x[a[i] & 63] += i;
          int sum = 0;
          for (int i = 0; i < 64; ++i) sum += x[a[i + n] & 63];
          a[0] = sum;
        }

        """;

    private static string Placeholders(int first, int count) =>
        "{" + string.Join(", ", Enumerable.Range(first, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"%{i}"))) + "}";

    private static string Operands(string constraint, string array, int count, string index) =>
        string.Join(", ", Enumerable.Range(0, count).Select(i => $"\"{constraint}\"({array}[{i}{index}])"));
}

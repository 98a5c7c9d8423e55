"""What the chip sustains, for the roofline."""

import subprocess

import torch

from timing import between_marks, capture

# Multiply-adds a clock of one multiprocessor: INT8 and FP16 on tensor cores, fp32 outside (CUDA programming guide and the
# vendor's white papers), by compute capability.
MULTIPLY_ADDS = {
    (8, 0): (2048, 1024, 64),
    (8, 6): (1024, 512, 128),
    (8, 9): (1024, 512, 128),
    (9, 0): (4096, 2048, 128),
}

READ_CACHE = """
extern "C" __global__ void read_cache(const float4* data, float* sink, int count, int repeats) {
  float sum = 0;
  for (int r = 0; r < repeats; r++) {
#pragma unroll 8
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
      const float4 v = __ldcg(data + i);  // from the second-level cache, not the first
      sum += v.x + v.y + v.z + v.w;
    }
  }
  if (sum == 1.0f) *sink = sum;  // never, but the compiler cannot know
}
"""


def smi(field):
    """A figure of nvidia-smi for the GPU in use; for the first one where the GPU cannot be named."""
    gpu = str(torch.cuda.get_device_properties(0).uuid)
    query = ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader,nounits"]
    for which in (["-i", gpu if gpu.startswith("GPU-") else "GPU-" + gpu], []):
        found = subprocess.run(query + which, capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return found.stdout.splitlines()[0].strip()
    raise RuntimeError(f"nvidia-smi: expected {field}, found: {found.stderr or found.stdout}")


def clock_under_load(dtype):
    """Multiprocessor clock in hertz while large products run."""
    size = 8192
    if dtype == torch.int8:
        a = torch.randint(-128, 128, (size, size), dtype=dtype, device="cuda")
        multiply = lambda: torch._int_mm(a, a.t())
    else:
        a = torch.randn(size, size, dtype=dtype, device="cuda")
        multiply = lambda: torch.mm(a, a.t())
    for _ in range(600):  # about a second: nvidia-smi answers in between
        multiply()
    clock = 1e6 * float(smi("clocks.sm"))
    torch.cuda.synchronize()
    return clock


def memory_rate():
    """Bytes a second of a copy that the cache cannot hold, both directions together."""
    source = torch.ones(1 << 30, dtype=torch.int8, device="cuda")
    target = torch.empty_like(source)
    for _ in range(3):
        target.copy_(source)
    return 2 * source.numel() / (min(between_marks(lambda: target.copy_(source), 10)) / 1000)


def cache_rate(multiprocessors, notes):
    """Bytes a second out of the second-level cache."""
    size, repeats = 16 << 20, 50
    data = torch.ones(size // 4, device="cuda")
    try:
        kernel = torch.cuda._compile_kernel(READ_CACHE, "read_cache")
        sink = torch.zeros(1, device="cuda")

        def run():
            kernel((8 * multiprocessors, 1, 1), (256, 1, 1), (data, sink, size // 16, repeats))

        for _ in range(2):
            run()
        return size * repeats / (min(between_marks(run, 5)) / 1000)
    except Exception as error:  # a private function of PyTorch: whatever it raises, a copy does for it
        notes.append(f"cache rate: by copies, which include launches ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})")
        source, target = data[: data.numel() // 2], data[data.numel() // 2:]

        def copies():
            for _ in range(repeats):
                target.copy_(source)

        graph, _ = capture(copies)
        graph.replay()
        return size * repeats / (min(between_marks(graph.replay, 5)) / 1000)


def measure(notes):
    properties = torch.cuda.get_device_properties(0)
    capability = (properties.major, properties.minor)
    if capability not in MULTIPLY_ADDS:
        notes.append(f"roofline: no instruction rates are known for compute capability {capability[0]}.{capability[1]}")
        return None
    int8, fp16, fp32 = MULTIPLY_ADDS[capability]
    count = properties.multi_processor_count
    int8_clock, fp16_clock = clock_under_load(torch.int8), clock_under_load(torch.float16)
    return {
        "int8Tops": 2e-12 * int8 * count * int8_clock,
        "fp16Tops": 2e-12 * fp16 * count * fp16_clock,
        "fp32Tops": 2e-12 * fp32 * count * fp16_clock,
        "memoryGBs": 1e-9 * memory_rate(),
        "cacheGBs": 1e-9 * cache_rate(count, notes),
        "cacheBytes": properties.L2_cache_size,
        "origin": f"multiply-adds a clock ({int8} INT8, {fp16} FP16, {fp32} fp32) of {count} multiprocessors at the clock seen under "
                  f"large products ({int8_clock / 1e6:.0f} MHz INT8, {fp16_clock / 1e6:.0f} MHz FP16); memory by copying 1 GiB; "
                  "cache by reading 16 MiB again and again",
    }

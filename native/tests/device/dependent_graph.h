// What benches of kernels for few tokens share: device memory, a kernel that starts while the one ahead of it ends, by
// programmatic dependent launch, and the time of a graph of such launches.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

namespace bench {

inline void require(cudaError_t error, const char* call) {
  if (error == cudaSuccess) return;
  std::printf("%s: %s\n", call, cudaGetErrorString(error));
  std::exit(1);
}

// Device memory of one value in every byte.
template <class T>
T* memory(size_t count, int byte = 0) {
  void* pointer = nullptr;
  require(cudaMalloc(&pointer, count * sizeof(T)), "cudaMalloc");
  require(cudaMemset(pointer, byte, count * sizeof(T)), "cudaMemset");
  return static_cast<T*>(pointer);
}

// cluster: blocks along x that are one, or 1.
struct DependentKernel {
  const void* entry;
  int threads;
  int shared_bytes;
  int cluster;
};

// Allows the kernel its shared memory and cluster, and prints what it takes of the chip.
inline void prepare(const DependentKernel& kernel, const char* name) {
  require(cudaFuncSetAttribute(kernel.entry, cudaFuncAttributeMaxDynamicSharedMemorySize, kernel.shared_bytes),
          "shared memory");
  if (kernel.cluster > 8) {
    require(cudaFuncSetAttribute(kernel.entry, cudaFuncAttributeNonPortableClusterSizeAllowed, 1), "cluster size");
  }
  int clusters = 0;
  if (kernel.cluster > 1) {
    cudaLaunchAttribute attribute = {};
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {static_cast<unsigned>(kernel.cluster), 1, 1};
    cudaLaunchConfig_t config = {};
    config.gridDim = dim3(kernel.cluster, 64), config.blockDim = dim3(kernel.threads);
    config.dynamicSmemBytes = kernel.shared_bytes;
    config.attrs = &attribute, config.numAttrs = 1;
    require(cudaOccupancyMaxActiveClusters(&clusters, kernel.entry, &config), "occupancy");
  }
  cudaFuncAttributes facts;
  require(cudaFuncGetAttributes(&facts, kernel.entry), "attributes");
  std::printf("%-46s threads %3d shared %6d registers %3d local %zu clusters at a time %d\n", name, kernel.threads,
              kernel.shared_bytes, facts.numRegs, facts.localSizeBytes, clusters);
}

// Arguments: those of the kernel, which has one or none.
template <class Arguments>
void launch(cudaStream_t stream, const DependentKernel& kernel, dim3 grid, Arguments arguments) {
  cudaLaunchAttribute attributes[2] = {};
  attributes[0].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[0].val.programmaticStreamSerializationAllowed = 1;
  attributes[1].id = cudaLaunchAttributeClusterDimension;
  attributes[1].val.clusterDim = {static_cast<unsigned>(kernel.cluster), 1, 1};
  cudaLaunchConfig_t config = {};
  config.gridDim = grid, config.blockDim = dim3(static_cast<unsigned>(kernel.threads));
  config.dynamicSmemBytes = static_cast<size_t>(kernel.shared_bytes);
  config.stream = stream;
  config.attrs = attributes, config.numAttrs = kernel.cluster > 1 ? 2 : 1;
  void* pointers[] = {&arguments};
  require(cudaLaunchKernelExC(&config, kernel.entry, pointers), "launch");
}

// Microseconds of one of `parts` equal parts of what `capture` puts into a graph: the median of 21 samples of 20
// launches.
inline double time_graph(cudaStream_t stream, int parts, const std::function<void()>& capture) {
  constexpr int kSamples = 21, kLaunches = 20;
  cudaGraph_t graph;
  cudaGraphExec_t executable;
  require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  capture();
  require(cudaStreamEndCapture(stream, &graph), "capture");
  require(cudaGraphInstantiate(&executable, graph, 0), "instantiate");
  cudaEvent_t begin, end;
  require(cudaEventCreate(&begin), "event"), require(cudaEventCreate(&end), "event");
  std::vector<float> samples;
  for (int sample = 0; sample <= kSamples; ++sample) {  // the first warms up
    require(cudaEventRecord(begin, stream), "record");
    for (int i = 0; i < kLaunches; ++i) require(cudaGraphLaunch(executable, stream), "graph launch");
    require(cudaEventRecord(end, stream), "record");
    require(cudaStreamSynchronize(stream), "kernels");
    float milliseconds;
    require(cudaEventElapsedTime(&milliseconds, begin, end), "elapsed");
    if (sample > 0) samples.push_back(milliseconds);
  }
  std::sort(samples.begin(), samples.end());
  require(cudaEventDestroy(begin), "destroy"), require(cudaEventDestroy(end), "destroy");
  require(cudaGraphExecDestroy(executable), "destroy"), require(cudaGraphDestroy(graph), "destroy");
  return samples[kSamples / 2] * 1000.0 / kLaunches / parts;
}

}  // namespace bench

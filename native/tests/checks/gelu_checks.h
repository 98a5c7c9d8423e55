// GELU's erf form against double over its whole range.
#pragma once

#include <cmath>
#include <vector>

#include "checks/report.h"
#include "mc/epilogue/activation_functions.cuh"
#include "platform.h"

namespace checks {

struct GeluKernel {
  static constexpr int kThreads = 256;

  struct Arguments {
    const float* input;
    float* output;
  };

  __device__ __forceinline__ static void run(const Arguments& arguments) {
    const int i = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
    arguments.output[i] = mc::gelu<mc::GeluForm::kErf>(arguments.input[i]);
  }
};

inline void gelu_is_near_the_truth() {
  constexpr int kBlocks = 256, kCount = kBlocks * GeluKernel::kThreads, kSpecial = 9;
  platform::Array<float> input(kCount), output(kCount, 0xff);
  const float special[kSpecial] = {0.0f, -0.0f, INFINITY, -INFINITY, 1e30f, -1e30f, 1e-40f, -1e-40f, NAN};
  for (int i = 0; i < kCount; ++i) {
    input[i] = i < kSpecial ? special[i] : 12.0f * (2.0f * static_cast<float>(i) / kCount - 1.0f);
  }
  platform::Shape shape;
  shape.columns = kBlocks;
  const GeluKernel::Arguments arguments = {input.device(), output.device()};
  if (!platform::launch<GeluKernel, GeluKernel::kThreads>("gelu", shape, arguments)) return report("gelu", 1, 1);
  double worst = 0.0;  // of Phi where |x| is above 1, of x Phi(x) below: the weights of the fit the other way round
  for (int i = 0; i < kCount; ++i) {
    const double x = input[i], found = output[i];
    if (std::isnan(x) || std::isinf(x)) continue;
    const double expected = 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    worst = std::fmax(worst, std::fabs(found - expected) / std::fmax(1.0, std::fabs(x)));
  }
  report_error("gelu", worst, 2e-7);
  long long wrong = output[2] != INFINITY;
  wrong += !(std::fabs(output[3]) < 1e-8f) + !(std::fabs(output[5]) < 1e-8f) + (output[4] != 1e30f);
  wrong += !std::isnan(output[8]);
  report("gelu of special numbers", wrong, kSpecial);
}

}  // namespace checks

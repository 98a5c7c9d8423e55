// GELU's erf form against double over its whole range.
#pragma once

#include <cmath>
#include <vector>

#include "checks/report.h"
#include "mc/epilogue/activation_functions.cuh"
#include "platform.h"

namespace checks {

template <mc::GeluForm kForm>
struct GeluKernel {
  static constexpr int kThreads = 256;

  struct Arguments {
    const float* input;
    float* output;
  };

  __device__ __forceinline__ static void run(const Arguments& arguments) {
    const int i = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
    arguments.output[i] = mc::gelu<kForm>(arguments.input[i]);
  }
};

template <mc::GeluForm kForm>
void gelu_is_near_the_truth(double bound) {
  using Kernel = GeluKernel<kForm>;
  constexpr bool kFine = kForm == mc::GeluForm::kErf;
  constexpr int kBlocks = 256, kCount = kBlocks * Kernel::kThreads, kSpecial = 9;
  const char* name = kFine ? "gelu" : "gelu for 4-bit codes";
  platform::Array<float> input(kCount), output(kCount, 0xff);
  const float special[kSpecial] = {0.0f, -0.0f, INFINITY, -INFINITY, 1e30f, -1e30f, 1e-40f, -1e-40f, NAN};
  for (int i = 0; i < kCount; ++i) {
    input[i] = i < kSpecial ? special[i] : 12.0f * (2.0f * static_cast<float>(i) / kCount - 1.0f);
  }
  platform::Shape shape;
  shape.columns = kBlocks;
  const typename Kernel::Arguments arguments = {input.device(), output.device()};
  if (!platform::launch<Kernel, Kernel::kThreads>(name, shape, arguments)) return report(name, 1, 1);
  double worst = 0.0;  // of Phi where |x| is above 1, of x Phi(x) below: the weights of the fit the other way round
  for (int i = 0; i < kCount; ++i) {
    const double x = input[i], found = output[i];
    if (std::isnan(x) || std::isinf(x)) continue;
    const double expected = 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    worst = std::fmax(worst, std::fabs(found - expected) / std::fmax(1.0, std::fabs(x)));
  }
  report_error(name, worst, bound);
  long long wrong = !(std::fabs(output[5]) < 1e-8f) + (output[4] != 1e30f) + !std::isnan(output[8]);
  if (kFine) wrong += (output[2] != INFINITY) + !(std::fabs(output[3]) < 1e-8f);
  report(std::string(name) + " of special numbers", wrong, kSpecial);
}

inline void gelu_is_near_the_truth() {
  gelu_is_near_the_truth<mc::GeluForm::kErf>(2e-7);
  gelu_is_near_the_truth<mc::GeluForm::kErfCoarse>(5e-7);
}

}  // namespace checks

// Checks of division.cuh: against IEEE division, for every mantissa at the ends and in the middle of its range.
#pragma once

#include <string>

#include "checks/report.h"
#include "mc/division.cuh"
#include "platform.h"

namespace checks {

// How many values of one exponent are divided wrongly, a count a thread.
struct DivisionKernel {
  static constexpr int kThreads = 256;

  struct Arguments {
    int* wrong;  // [kThreads]
    int exponent;
  };

  template <int kDivisor>
  __device__ __forceinline__ static int wrong_quotient(float value) {
    return mc::quotient<kDivisor>(value) != __fdiv_rn(value, static_cast<float>(kDivisor));
  }

  __device__ __forceinline__ static void run(const Arguments& arguments) {
    int wrong = 0;
    for (int mantissa = static_cast<int>(threadIdx.x); mantissa < 1 << 23; mantissa += kThreads) {
      const float value = __int_as_float(arguments.exponent + 127 << 23 | mantissa);
      wrong += !mc::divides(value) || mc::reciprocal(value) != __frcp_rn(value);
      wrong += wrong_quotient<7>(value) + wrong_quotient<15>(value);
      wrong += wrong_quotient<127>(value) + wrong_quotient<255>(value);
    }
    arguments.wrong[threadIdx.x] = wrong;
  }
};

inline void quotients_are_exact() {
  for (int exponent : {-100, -3, 0, 119}) {
    platform::Array<int> wrong(DivisionKernel::kThreads, 0xff);
    platform::Shape shape;
    const std::string name = "quotients from 2^" + std::to_string(exponent) + " on";
    const bool ended = platform::launch<DivisionKernel, DivisionKernel::kThreads>(
        name, shape, DivisionKernel::Arguments{wrong.device(), exponent});
    long long sum = 0;
    for (int i = 0; i < DivisionKernel::kThreads; ++i) sum += wrong[i];
    report(name, ended ? sum : 1, 5ll << 23);
  }
}

}  // namespace checks

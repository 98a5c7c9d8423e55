// How the parts of a row's statistics that several threads or blocks have become those of the row.
#pragma once

#include "mc/reduce.cuh"

namespace mc::hopper {

// Joins parts of a row, kCount in each of kWidth lanes, every lane receiving the result. Both words by one operation.
template <class Op>
struct JoinBoth {
  template <int kWidth, int kElements, int kCount>
  __device__ __forceinline__ static float2 join(const float2 (&parts)[kCount]) {
    float2 all = parts[0];
#pragma unroll
    for (int i = 1; i < kCount; ++i) all.x = Op::apply(all.x, parts[i].x), all.y = Op::apply(all.y, parts[i].y);
    return {lanes_reduce<Op, kWidth>(all.x), lanes_reduce<Op, kWidth>(all.y)};
  }
};

// x: mean, y: sum of squared differences to it, of kElements values each. Chan, Golub and LeVeque, 'Updating formulae
// and a pairwise algorithm for computing sample variances' (1979), for any number of equal parts:
//   mean = (sum of mean_i) / n        y = sum of y_i + kElements * sum of (mean_i - mean)^2
struct JoinMoments {
  template <int kWidth, int kElements, int kCount>
  __device__ __forceinline__ static float2 join(const float2 (&parts)[kCount]) {
    float mean = parts[0].x;
#pragma unroll
    for (int i = 1; i < kCount; ++i) mean += parts[i].x;
    mean = lanes_sum<kWidth>(mean) * (1.0f / (kCount * kWidth));
    float within = 0.0f, between = 0.0f;
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      const float difference = parts[i].x - mean;
      within += parts[i].y;
      between += difference * difference;
    }
    return {mean, lanes_sum<kWidth>(within + kElements * between)};
  }
};

}  // namespace mc::hopper

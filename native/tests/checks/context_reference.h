// The context of attention in fp64, of queries, keys and values that are exact, for heads of 64.
//
// A kernel's only inexact roundings of size are those of probabilities to FP16. An element of the context is wrong by
// 2^-11 of the sum of |p v| at most, and by some last places of fp32.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "checks/sequences.h"

namespace checks {

// qkv: [tokens, 3 * hidden], a row is q | k | v, each [heads, 64]. context: of a token's head; error: how far each
// element may be off.
inline void reference_context(const std::vector<float>& qkv, int hidden, const Sequences& sequences, int token,
                              int head, double* context, double* error) {
  const int start = sequences.start(sequences.of(token)), end = sequences.end(sequences.of(token));
  const auto at = [&](int row, int part, int i) -> double {
    return qkv[(size_t(row) * 3 + part) * hidden + head * 64 + i];
  };
  std::vector<double> p;
  for (int key = start; key < end; ++key) {
    double score = 0;
    for (int i = 0; i < 64; ++i) score += at(token, 0, i) * at(key, 1, i);
    p.push_back(score / 8.0);
  }
  const double highest = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& each : p) sum += each = std::exp(each - highest);
  for (int i = 0; i < 64; ++i) {
    double value = 0, magnitude = 0;
    for (int key = start; key < end; ++key) {
      const double part = p[key - start] / sum * at(key, 2, i);
      value += part, magnitude += std::fabs(part);
    }
    context[i] = value;
    error[i] = magnitude * (1.0 / 2048 + 1.0 / 65536) + 1e-6;
  }
}

}  // namespace checks

// Counts checks and prints those that fail. Every test program ends with finish().
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace checks {

inline long long count = 0;
inline long long failures = 0;
inline long long codes = 0;             // codes whose inputs are not bit-exact on every platform
inline long long codes_off_by_one = 0;  // those of them that differ from the reference by one

// One check over `of` values, of which `wrong` break it.
inline void report(const std::string& name, long long wrong, long long of) {
  ++count;
  if (wrong == 0) return;
  ++failures;
  std::printf("FAILED %s: %lld of %lld wrong\n", name.c_str(), wrong, of);
  std::fflush(stdout);
}

// One check of a measured error against its bound; a NaN breaks it.
inline void report_error(const std::string& name, double error, double bound) {
  ++count;
  if (error <= bound) return;
  ++failures;
  std::printf("FAILED %s: error %g, bound %g\n", name.c_str(), error, bound);
  std::fflush(stdout);
}

// docs/numerics.md allows one code in 10^4 to be off by one where fp32 rounding before the quantizer may differ.
constexpr long long kCodesPerTie = 10000;

inline int finish() {
  if (codes > 0) report("codes off by one, all cases together", codes_off_by_one * kCodesPerTie > codes, codes);
  std::printf("%lld checks, %lld failed\n", count, failures);
  std::fflush(stdout);
  return failures == 0 ? 0 : 1;
}

// Ends the program where nothing more can be learned from it: a hung kernel, or a device in an error state.
[[noreturn]] inline void abandon(const std::string& name, const std::string& reason) {
  ++count;
  ++failures;
  std::printf("FAILED %s: %s; the cases after it did not run\n", name.c_str(), reason.c_str());
  finish();
  std::_Exit(1);
}

}  // namespace checks

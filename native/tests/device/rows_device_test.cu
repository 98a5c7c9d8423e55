// The row, embedding, pooling and head kernels on a GPU.
#include "checks/division_checks.h"
#include "checks/head_checks.h"
#include "checks/row_checks.h"

namespace {

template <int... kFeatures>
void check_rows() {
  (checks::quantized_rows_equal_the_reference<kFeatures>(checks::AllFormats()), ...);
  (checks::normalized_rows_are_near_the_reference<kFeatures>(), ...);
}

}  // namespace

int main() {
  using namespace checks;
  platform::require(cudaFree(nullptr), "device", "initialisation");
  check_rows<96, 128, 256, 384, 768, 1024, 3072, 4096>();
  embeddings_are_near_the_reference();
  pooled_rows_are_near_the_reference<96, mc::Pooling::kMean, true>();
  pooled_rows_are_near_the_reference<256, mc::Pooling::kFirst, true>();
  pooled_rows_are_near_the_reference<768, mc::Pooling::kMean, false>();
  pooled_rows_are_near_the_reference<768, mc::Pooling::kFirst, false>();
  pooled_rows_are_near_the_reference<1024, mc::Pooling::kMean, true>();
  pooled_rows_are_near_the_reference<4096, mc::Pooling::kMean, true>();
  heads_are_near_the_reference();
  quotients_are_exact();
  return finish();
}

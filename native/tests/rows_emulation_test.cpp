// Runs the row, embedding, pooling and head kernels of native/include/mc on the emulated device.
#include "checks/division_checks.h"
#include "checks/head_checks.h"
#include "checks/row_checks.h"

namespace {

template <int kFeatures, class Formats>
void check_rows(Formats formats) {
  checks::quantized_rows_equal_the_reference<kFeatures>(formats);
  checks::normalized_rows_are_near_the_reference<kFeatures>();
}

}  // namespace

int main() {
  using namespace checks;
  check_rows<96>(AllFormats());  // a warp with idle lanes
  check_rows<256>(FewFormats());
  check_rows<768>(AllFormats());  // three chunks a lane
  check_rows<3072>(FewFormats());  // several warps a row
  check_rows<4096>(FewFormats());
  embeddings_are_near_the_reference();
  pooled_rows_are_near_the_reference<96, mc::Pooling::kMean, true>();
  pooled_rows_are_near_the_reference<256, mc::Pooling::kFirst, true>();
  pooled_rows_are_near_the_reference<768, mc::Pooling::kMean, false>();
  pooled_rows_are_near_the_reference<4096, mc::Pooling::kMean, true>();
  heads_are_near_the_reference();
  quotients_are_exact();
  return finish();
}

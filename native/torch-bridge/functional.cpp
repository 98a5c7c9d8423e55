// Products and the functions of a transformer.
#include "bridge.h"

#define MCT_MADE(expression) mct::made([&] { return expression; })

namespace {
// libtorch takes an undefined tensor for an operand that is left out.
at::Tensor optional(Handle x) { return x == nullptr ? at::Tensor() : *x; }
}  // namespace

MCT_API Handle mct_matmul(Handle x, Handle y) { return MCT_MADE(at::matmul(*x, *y)); }
MCT_API Handle mct_linear(Handle x, Handle weight, Handle bias) { return MCT_MADE(at::linear(*x, *weight, optional(bias))); }
MCT_API Handle mct_softmax(Handle x, int64_t dim) { return MCT_MADE(at::softmax(*x, dim)); }
MCT_API Handle mct_log_softmax(Handle x, int64_t dim) { return MCT_MADE(at::log_softmax(*x, dim)); }
MCT_API Handle mct_gelu(Handle x) { return MCT_MADE(at::gelu(*x)); }  // the erf form
MCT_API Handle mct_dropout(Handle x, double probability, bool training) { return MCT_MADE(at::dropout(*x, probability, training)); }
MCT_API Handle mct_embedding(Handle ids, Handle weight) { return MCT_MADE(at::embedding(*weight, *ids)); }
MCT_API Handle mct_layer_norm(Handle x, const int64_t* shape, int64_t rank, Handle weight, Handle bias, double epsilon) {
  return MCT_MADE(at::layer_norm(*x, mct::dims(shape, rank), optional(weight), optional(bias), epsilon));
}

// Reductions are c10's: 0 none, 1 mean, 2 sum.
MCT_API Handle mct_mse_loss(Handle x, Handle y, int64_t reduction) { return MCT_MADE(at::mse_loss(*x, *y, reduction)); }
MCT_API Handle mct_kl_div(Handle x, Handle y, int64_t reduction, bool log_target) { return MCT_MADE(at::kl_div(*x, *y, reduction, log_target)); }
MCT_API Handle mct_cross_entropy(Handle x, Handle labels, int64_t reduction, double smoothing) {
  return MCT_MADE(at::cross_entropy_loss(*x, *labels, {}, reduction, -100, smoothing));
}

// libtorch's own AdamW, and clipping of gradients.
#include "bridge.h"

#include <torch/types.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

using Optimizer = torch::optim::AdamW*;

MCT_API Optimizer mct_adamw(
    const Handle* parameters, int64_t count, double rate, double beta1, double beta2, double epsilon, double decay) {
  return mct::guarded([&] {
    return new torch::optim::AdamW(
        mct::tensors(parameters, count),
        torch::optim::AdamWOptions(rate).betas(std::make_tuple(beta1, beta2)).eps(epsilon).weight_decay(decay));
  });
}

MCT_API void mct_optimizer_free(Optimizer optimizer) { delete optimizer; }
MCT_API bool mct_optimizer_step(Optimizer optimizer) { return mct::done([&] { optimizer->step(); }); }
MCT_API bool mct_optimizer_zero_grad(Optimizer optimizer) { return mct::done([&] { optimizer->zero_grad(); }); }
MCT_API bool mct_optimizer_set_rate(Optimizer optimizer, double rate) {
  return mct::done([&] {
    for (auto& group : optimizer->param_groups()) static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate);
  });
}

// Scales all gradients so that their common Euclidean norm is at most the given one; the norm that they had.
MCT_API bool mct_clip_grad_norm(const Handle* parameters, int64_t count, double most, double* norm) {
  return mct::done([&] { *norm = torch::nn::utils::clip_grad_norm_(mct::tensors(parameters, count), most); });
}

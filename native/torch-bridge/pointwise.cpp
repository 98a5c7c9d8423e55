// Functions of each element by itself, and their forms that change the first operand.
#include "bridge.h"

#define MCT_UNARY(name) \
  MCT_API Handle mct_##name(Handle x) { return mct::made([&] { return at::name(*x); }); }

MCT_UNARY(abs)
MCT_UNARY(ceil)
MCT_UNARY(cos)
MCT_UNARY(erf)
MCT_UNARY(exp)
MCT_UNARY(floor)
MCT_UNARY(isfinite)
MCT_UNARY(isinf)
MCT_UNARY(isnan)
MCT_UNARY(log)
MCT_UNARY(logical_not)
MCT_UNARY(neg)
MCT_UNARY(reciprocal)
MCT_UNARY(relu)
MCT_UNARY(round)
MCT_UNARY(rsqrt)
MCT_UNARY(sigmoid)
MCT_UNARY(sign)
MCT_UNARY(sin)
MCT_UNARY(sqrt)
MCT_UNARY(tanh)

#define MCT_BINARY(name)                                                                                          \
  MCT_API Handle mct_##name(Handle x, Handle y) { return mct::made([&] { return at::name(*x, *y); }); }            \
  MCT_API Handle mct_##name##_scalar(Handle x, MctScalar y) { return mct::made([&] { return at::name(*x, mct::scalar(y)); }); }

MCT_BINARY(add)
MCT_BINARY(sub)
MCT_BINARY(mul)
MCT_BINARY(div)
MCT_BINARY(pow)
MCT_BINARY(eq)
MCT_BINARY(ne)
MCT_BINARY(lt)
MCT_BINARY(le)
MCT_BINARY(gt)
MCT_BINARY(ge)

MCT_API Handle mct_maximum(Handle x, Handle y) { return mct::made([&] { return at::maximum(*x, *y); }); }
MCT_API Handle mct_minimum(Handle x, Handle y) { return mct::made([&] { return at::minimum(*x, *y); }); }
MCT_API Handle mct_where(Handle condition, Handle x, Handle y) { return mct::made([&] { return at::where(*condition, *x, *y); }); }
MCT_API Handle mct_clamp_min(Handle x, MctScalar low) { return mct::made([&] { return at::clamp_min(*x, mct::scalar(low)); }); }
MCT_API Handle mct_clamp_max(Handle x, MctScalar high) { return mct::made([&] { return at::clamp_max(*x, mct::scalar(high)); }); }
MCT_API Handle mct_clamp(Handle x, MctScalar low, MctScalar high) {
  return mct::made([&] { return at::clamp(*x, mct::scalar(low), mct::scalar(high)); });
}
MCT_API Handle mct_masked_fill(Handle x, Handle mask, MctScalar value) {
  return mct::made([&] { return at::masked_fill(*x, *mask, mct::scalar(value)); });
}

#define MCT_IN_PLACE(name)                                                                              \
  MCT_API bool mct_##name##_(Handle x, Handle y) { return mct::done([&] { x->name##_(*y); }); }          \
  MCT_API bool mct_##name##_scalar_(Handle x, MctScalar y) { return mct::done([&] { x->name##_(mct::scalar(y)); }); }

MCT_IN_PLACE(add)
MCT_IN_PLACE(sub)
MCT_IN_PLACE(mul)
MCT_IN_PLACE(div)

MCT_API bool mct_add_scaled_(Handle x, Handle y, MctScalar factor) { return mct::done([&] { x->add_(*y, mct::scalar(factor)); }); }
MCT_API bool mct_zero_(Handle x) { return mct::done([&] { x->zero_(); }); }
MCT_API bool mct_fill_(Handle x, MctScalar value) { return mct::done([&] { x->fill_(mct::scalar(value)); }); }
MCT_API bool mct_copy_(Handle x, Handle source) { return mct::done([&] { x->copy_(*source); }); }
// x += value * y * z, and x += value * y / z.
MCT_API bool mct_addcmul_(Handle x, Handle y, Handle z, MctScalar value) {
  return mct::done([&] { x->addcmul_(*y, *z, mct::scalar(value)); });
}
MCT_API bool mct_addcdiv_(Handle x, Handle y, Handle z, MctScalar value) {
  return mct::done([&] { x->addcdiv_(*y, *z, mct::scalar(value)); });
}

// Sums, means and extremes over all elements or over some dimensions.
#include "bridge.h"

#define MCT_REDUCE_ALL(name) \
  MCT_API Handle mct_##name(Handle x) { return mct::made([&] { return at::name(*x); }); }

MCT_REDUCE_ALL(all)
MCT_REDUCE_ALL(any)
MCT_REDUCE_ALL(max)
MCT_REDUCE_ALL(mean)
MCT_REDUCE_ALL(min)
MCT_REDUCE_ALL(norm)
MCT_REDUCE_ALL(sum)

#define MCT_REDUCE_DIMS(name)                                                                  \
  MCT_API Handle mct_##name##_dims(Handle x, const int64_t* dims, int64_t count, bool keepdim) { \
    return mct::made([&] { return at::name(*x, mct::dims(dims, count), keepdim); });              \
  }

MCT_REDUCE_DIMS(amax)
MCT_REDUCE_DIMS(amin)
MCT_REDUCE_DIMS(mean)
MCT_REDUCE_DIMS(sum)

MCT_API Handle mct_argmax(Handle x, int64_t dim, bool keepdim) { return mct::made([&] { return at::argmax(*x, dim, keepdim); }); }
MCT_API Handle mct_argmin(Handle x, int64_t dim, bool keepdim) { return mct::made([&] { return at::argmin(*x, dim, keepdim); }); }

// The k largest or smallest of each row along a dimension, and their places.
MCT_API bool mct_topk(Handle x, int64_t k, int64_t dim, bool largest, bool sorted, Handle* values, Handle* places) {
  return mct::done([&] {
    auto [found, at] = at::topk(*x, k, dim, largest, sorted);
    *values = mct::keep(found);
    *places = mct::keep(at);
  });
}

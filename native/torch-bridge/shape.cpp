// Views, copies in another order, and elements by index.
#include "bridge.h"

#define MCT_MADE(expression) mct::made([&] { return expression; })

MCT_API Handle mct_view(Handle x, const int64_t* shape, int64_t rank) { return MCT_MADE(x->view(mct::dims(shape, rank))); }
MCT_API Handle mct_reshape(Handle x, const int64_t* shape, int64_t rank) { return MCT_MADE(at::reshape(*x, mct::dims(shape, rank))); }
MCT_API Handle mct_expand(Handle x, const int64_t* shape, int64_t rank) { return MCT_MADE(x->expand(mct::dims(shape, rank))); }
MCT_API Handle mct_permute(Handle x, const int64_t* order, int64_t rank) { return MCT_MADE(at::permute(*x, mct::dims(order, rank))); }
MCT_API Handle mct_transpose(Handle x, int64_t a, int64_t b) { return MCT_MADE(at::transpose(*x, a, b)); }
MCT_API Handle mct_narrow(Handle x, int64_t dim, int64_t start, int64_t length) { return MCT_MADE(at::narrow(*x, dim, start, length)); }
MCT_API Handle mct_select(Handle x, int64_t dim, int64_t index) { return MCT_MADE(at::select(*x, dim, index)); }
MCT_API Handle mct_unsqueeze(Handle x, int64_t dim) { return MCT_MADE(at::unsqueeze(*x, dim)); }
MCT_API Handle mct_squeeze(Handle x, int64_t dim) { return MCT_MADE(at::squeeze(*x, dim)); }
MCT_API Handle mct_contiguous(Handle x) { return MCT_MADE(x->contiguous()); }
MCT_API Handle mct_clone(Handle x) { return MCT_MADE(at::clone(*x)); }
MCT_API Handle mct_gather(Handle x, int64_t dim, Handle index) { return MCT_MADE(at::gather(*x, dim, *index)); }
MCT_API Handle mct_index_select(Handle x, int64_t dim, Handle index) { return MCT_MADE(at::index_select(*x, dim, *index)); }
MCT_API Handle mct_scatter(Handle x, int64_t dim, Handle index, Handle source) { return MCT_MADE(at::scatter(*x, dim, *index, *source)); }
MCT_API Handle mct_cat(const Handle* parts, int64_t count, int64_t dim) { return MCT_MADE(at::cat(mct::tensors(parts, count), dim)); }
MCT_API Handle mct_stack(const Handle* parts, int64_t count, int64_t dim) { return MCT_MADE(at::stack(mct::tensors(parts, count), dim)); }

// The tensor itself where type and device are the wanted ones already.
MCT_API Handle mct_to_type(Handle x, int32_t dtype) { return MCT_MADE(x->to(static_cast<at::ScalarType>(dtype))); }
MCT_API Handle mct_to_device(Handle x, int32_t device_type, int32_t device_index) {
  return MCT_MADE(x->to(at::Device(static_cast<at::DeviceType>(device_type), static_cast<at::DeviceIndex>(device_index))));
}

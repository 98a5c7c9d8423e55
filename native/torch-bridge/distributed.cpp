// One process group of c10d: gloo for tensors in host memory, NCCL for tensors on a GPU, where libtorch was built with them.
#include "bridge.h"

#include <chrono>
#include <memory>

#include <torch/csrc/distributed/c10d/TCPStore.hpp>
// PyTorch's wheels come without the headers of gloo and NCCL; a bridge that is built without them has one backend less.
#if defined(USE_C10D_GLOO) && __has_include(<gloo/algorithm.h>)
#define MCT_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#if defined(USE_C10D_NCCL) && __has_include(<nccl.h>)
#define MCT_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace {

struct Group {
  virtual ~Group() = default;
  virtual void all_reduce(at::Tensor tensor) = 0;
  virtual void broadcast(at::Tensor tensor, int root) = 0;
  virtual void barrier() = 0;
};

// Backend: a class of c10d. Its base class has another name in each major version, the functions have not.
template <class Backend>
struct GroupOf final : Group {
  explicit GroupOf(c10::intrusive_ptr<Backend> backend) : backend_(std::move(backend)) {}
  void all_reduce(at::Tensor tensor) override {
    std::vector<at::Tensor> tensors{std::move(tensor)};
    backend_->allreduce(tensors)->wait();
  }
  void broadcast(at::Tensor tensor, int root) override {
    std::vector<at::Tensor> tensors{std::move(tensor)};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    backend_->broadcast(tensors, options)->wait();
  }
  void barrier() override { backend_->barrier()->wait(); }

 private:
  c10::intrusive_ptr<Backend> backend_;
};

std::unique_ptr<Group> group;

Group& open_group() {
  TORCH_CHECK(group != nullptr, "there is no process group; call init_process_group first");
  return *group;
}

std::unique_ptr<Group> connect(
    const std::string& backend, const c10::intrusive_ptr<c10d::Store>& store, int rank, int size, std::chrono::milliseconds timeout) {
#ifdef MCT_GLOO
  if (backend == "gloo") {
    auto options = c10d::ProcessGroupGloo::Options::create();
    options->timeout = timeout;
    options->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
    return std::make_unique<GroupOf<c10d::ProcessGroupGloo>>(c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options));
  }
#endif
#ifdef MCT_NCCL
  if (backend == "nccl") {
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = timeout;
    return std::make_unique<GroupOf<c10d::ProcessGroupNCCL>>(c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options));
  }
#endif
  TORCH_CHECK(false, "expected a backend that libtorch and this bridge were built with, found '", backend, "'");
}

}  // namespace

// Joins the group; rank 0 listens on the port. Returns once all processes are there.
MCT_API bool mct_init_process_group(
    const char* backend, const char* address, int32_t port, int32_t rank, int32_t size, int64_t timeout_ms) {
  return mct::done([&] {
    TORCH_CHECK(group == nullptr, "expected no process group, found one; call destroy_process_group first");
    const std::chrono::milliseconds timeout(timeout_ms);
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(port);
    options.isServer = rank == 0;
    options.numWorkers = size;
    options.timeout = timeout;
    auto store = c10::make_intrusive<c10d::TCPStore>(std::string(address), options);
    group = connect(backend, store, rank, size, timeout);
  });
}

MCT_API bool mct_all_reduce(Handle x) { return mct::done([&] { open_group().all_reduce(*x); }); }
MCT_API bool mct_broadcast(Handle x, int32_t root) { return mct::done([&] { open_group().broadcast(*x, root); }); }
MCT_API bool mct_barrier() { return mct::done([] { open_group().barrier(); }); }
MCT_API bool mct_destroy_process_group() { return mct::done([] { group.reset(); }); }

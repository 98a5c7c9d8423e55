// A CUDA driver for tests: it runs nothing and writes down what is queued, a line each. Streams, events and graphs have
// numbers in the order in which they were made. Launches that are captured belong to their graph and are not written.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace {

enum Result { kSuccess = 0, kInvalidValue = 1 };

std::recursive_mutex g_gate;
std::string g_log;
std::string g_failing;
int g_before_failing;
std::vector<std::string> g_functions;
std::set<std::intptr_t> g_capturing;
std::intptr_t g_streams, g_events, g_graphs;
std::intptr_t g_address = 1 << 20;

std::string numbered(const char* kind, std::intptr_t number) { return kind + std::to_string(number); }

void write(const std::string& line) { g_log += line + "\n"; }

// True, once, for a call that is to fail.
bool fails(const char* call) {
  if (g_failing != call || g_before_failing-- > 0) return false;
  g_failing.clear();
  return true;
}

}  // namespace

#define RECORDED(call)                                 \
  std::lock_guard<std::recursive_mutex> guard(g_gate); \
  if (fails(#call)) return kInvalidValue

extern "C" {

// ---- what tests ask ----

void recording_clear() {
  std::lock_guard<std::recursive_mutex> guard(g_gate);
  g_log.clear();
  g_failing.clear();
}

// Copies at most `room` bytes of the log; the length of all of it.
int recording_read(char* target, int room) {
  std::lock_guard<std::recursive_mutex> guard(g_gate);
  std::memcpy(target, g_log.data(), g_log.size() < std::size_t(room) ? g_log.size() : room);
  return int(g_log.size());
}

// A call of this function fails, after so many that do not.
void recording_fail(const char* call, int before) {
  std::lock_guard<std::recursive_mutex> guard(g_gate);
  g_failing = call;
  g_before_failing = before;
}

// ---- what is written down ----

struct LaunchConfig {
  unsigned grid[3], block[3], shared_bytes;
  std::intptr_t stream;
};

int cuLaunchKernelEx(const LaunchConfig* config, std::intptr_t function, void**, void**) {
  RECORDED(cuLaunchKernelEx);
  if (!g_capturing.count(config->stream))
    write("kernel " + numbered("s", config->stream) + " " + g_functions.at(function - 1));
  return kSuccess;
}

int cuGraphLaunch(std::intptr_t graph, std::intptr_t stream) {
  RECORDED(cuGraphLaunch);
  write("graph " + numbered("s", stream) + " " + numbered("g", graph));
  return kSuccess;
}

int cuEventRecord(std::intptr_t event, std::intptr_t stream) {
  RECORDED(cuEventRecord);
  write("record " + numbered("s", stream) + " " + numbered("e", event));
  return kSuccess;
}

int cuStreamWaitEvent(std::intptr_t stream, std::intptr_t event, unsigned) {
  RECORDED(cuStreamWaitEvent);
  write("wait " + numbered("s", stream) + " " + numbered("e", event));
  return kSuccess;
}

int cuStreamSynchronize(std::intptr_t stream) {
  RECORDED(cuStreamSynchronize);
  write("synchronize " + numbered("s", stream));
  return kSuccess;
}

int cuStreamBeginCapture_v2(std::intptr_t stream, int) {
  RECORDED(cuStreamBeginCapture_v2);
  g_capturing.insert(stream);
  return kSuccess;
}

int cuStreamEndCapture(std::intptr_t stream, std::intptr_t* graph) {
  RECORDED(cuStreamEndCapture);
  g_capturing.erase(stream);
  *graph = ++g_graphs;
  return kSuccess;
}

int cuGraphInstantiateWithFlags(std::intptr_t* made, std::intptr_t graph, unsigned long long) {
  return *made = graph, kSuccess;
}
int cuStreamCreate(std::intptr_t* made, unsigned) { return *made = ++g_streams, kSuccess; }
int cuEventCreate(std::intptr_t* made, unsigned) { return *made = ++g_events, kSuccess; }

// ---- a GPU with memory that nobody reads ----

int cuInit(unsigned) { return kSuccess; }
int cuDriverGetVersion(int* version) { return *version = 13000, kSuccess; }
int cuDeviceGetCount(int* count) { return *count = 1, kSuccess; }
int cuDeviceGet(int* device, int ordinal) { return *device = ordinal, kSuccess; }
int cuDeviceGetName(char* name, int length, int) { return std::strncpy(name, "recording", length), kSuccess; }
int cuDeviceTotalMem_v2(std::size_t* bytes, int) { return *bytes = std::size_t(1) << 36, kSuccess; }

int cuDeviceGetAttribute(int* value, int attribute, int) {
  switch (attribute) {
    case 16:
      *value = 132;
      break;  // multiprocessors
    case 38:
      *value = 50 << 20;
      break;  // L2
    case 75:
      *value = 9;
      break;  // compute capability
    case 76:
      *value = 0;
      break;
    case 97:
      *value = 227 << 10;
      break;  // shared memory of a block
    default:
      return kInvalidValue;
  }
  return kSuccess;
}

int cuDevicePrimaryCtxRetain(std::intptr_t* context, int) { return *context = 1, kSuccess; }
int cuDevicePrimaryCtxRelease_v2(int) { return kSuccess; }
int cuCtxPushCurrent_v2(std::intptr_t) { return kSuccess; }
int cuCtxPopCurrent_v2(std::intptr_t* context) { return *context = 1, kSuccess; }
int cuMemGetInfo_v2(std::size_t* free, std::size_t* total) { return *free = *total = std::size_t(1) << 36, kSuccess; }

int cuMemAlloc_v2(std::intptr_t* address, std::size_t bytes) {
  std::lock_guard<std::recursive_mutex> guard(g_gate);
  *address = g_address;
  g_address += std::intptr_t((bytes + 255) / 256 * 256);
  return kSuccess;
}

int cuMemFree_v2(std::intptr_t) { return kSuccess; }
int cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned) { return *pointer = std::calloc(bytes, 1), kSuccess; }
int cuMemFreeHost(void* pointer) { return std::free(pointer), kSuccess; }
int cuMemcpyHtoDAsync_v2(std::uint64_t, const void*, std::size_t, std::intptr_t) { return kSuccess; }
int cuMemcpyDtoHAsync_v2(void* target, std::uint64_t, std::size_t bytes, std::intptr_t) {
  return std::memset(target, 0, bytes), kSuccess;
}
int cuMemsetD8Async(std::uint64_t, unsigned char, std::size_t, std::intptr_t) { return kSuccess; }
int cuModuleLoadData(std::intptr_t* module, const void*) { return *module = 1, kSuccess; }
int cuModuleUnload(std::intptr_t) { return kSuccess; }

int cuModuleGetFunction(std::intptr_t* function, std::intptr_t, const char* name) {
  std::lock_guard<std::recursive_mutex> guard(g_gate);
  g_functions.push_back(name);
  *function = std::intptr_t(g_functions.size());
  return kSuccess;
}

int cuFuncSetAttribute(std::intptr_t, int, int) { return kSuccess; }
int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, std::intptr_t, int, std::size_t) {
  return *blocks = 1, kSuccess;
}
int cuOccupancyMaxActiveClusters(int* clusters, std::intptr_t, const void*) { return *clusters = 16, kSuccess; }
int cuTensorMapEncodeTiled(void*, ...) { return kSuccess; }
int cuStreamDestroy_v2(std::intptr_t) { return kSuccess; }
int cuGraphUpload(std::intptr_t, std::intptr_t) { return kSuccess; }
int cuGraphDestroy(std::intptr_t) { return kSuccess; }
int cuGraphExecDestroy(std::intptr_t) { return kSuccess; }
int cuEventDestroy_v2(std::intptr_t) { return kSuccess; }
int cuEventElapsedTime(float* milliseconds, std::intptr_t, std::intptr_t) { return *milliseconds = 1, kSuccess; }
int cuGetErrorName(int, const char** text) { return *text = "CUDA_ERROR_INVALID_VALUE", kSuccess; }
int cuGetErrorString(int, const char** text) { return *text = "asked to fail", kSuccess; }

}  // extern "C"

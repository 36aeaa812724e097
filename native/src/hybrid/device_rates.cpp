#include "hybrid/device_rates.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "error.h"
#include "hybrid/handles.h"
#include "runtime/backends.h"
#include "runtime/threadpool.h"

namespace hotset {
namespace {

constexpr std::int64_t kLength = 4096;
constexpr std::int64_t kRows = 32768;  // 256 MiB in half precision: more than caches hold
constexpr int kRounds = 5;

/// So many products in one graph make what starting it costs negligible, on a device fast enough for them.
constexpr int kManyProducts = 16;
constexpr double kFastSeconds = 0.02;

constexpr int kSynchronisations = 64;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void compute(ggml_backend_t backend, ggml_cgraph* graph) {
  const ggml_status status = ggml_backend_graph_compute(backend, graph);
  if (status == GGML_STATUS_SUCCESS) return;
  throw Error(ErrorKind::kInternal, std::string(ggml_backend_name(backend)) +
                                        " failed to compute: " + ggml_status_to_string(status));
}

/// Room for the descriptions of a few graphs and their tensors.
ContextHandle context_with_graphs() {
  constexpr std::size_t kBytes = std::size_t{1} << 20U;
  return ContextHandle(ggml_init({.mem_size = kBytes, .mem_buffer = nullptr, .no_alloc = true}));
}

BufferHandle allocate(ggml_context* context, ggml_backend_t backend) {
  BufferHandle buffer(ggml_backend_alloc_ctx_tensors(context, backend));
  if (!buffer) {
    throw Error(ErrorKind::kOutOfMemory,
                std::string(ggml_backend_name(backend)) +
                    " has no memory left to measure its speed with: free some of it");
  }
  ggml_backend_buffer_clear(buffer.get(), 0);
  return buffer;
}

/// The fastest of several rounds, for what disturbs a measurement only ever slows it down.
double fastest(ggml_backend_t backend, ggml_cgraph* graph) {
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    const auto start = Clock::now();
    compute(backend, graph);
    best = std::min(best, seconds_since(start));
  }
  return best;
}

ggml_cgraph* products(ggml_context* context, ggml_tensor* weights, ggml_tensor* input, int count) {
  ggml_cgraph* graph = ggml_new_graph_custom(context, static_cast<std::size_t>(count) * 2, false);
  for (int i = 0; i < count; ++i) ggml_build_forward_expand(graph, ggml_mul_mat(context, weights, input));
  return graph;
}

/// Bytes of weights that a product with one token reads per second.
double read_rate(ggml_backend_t backend) {
  const ContextHandle context = context_with_graphs();
  ggml_tensor* weights = ggml_new_tensor_2d(context.get(), GGML_TYPE_F16, kLength, kRows);
  ggml_tensor* input = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, kLength);
  ggml_cgraph* one = products(context.get(), weights, input, 1);
  ggml_cgraph* many = products(context.get(), weights, input, kManyProducts);
  const BufferHandle buffer = allocate(context.get(), backend);
  compute(backend, one);  // compiles kernels, wakes threads
  const double seconds = fastest(backend, one);
  const auto bytes = static_cast<double>(ggml_nbytes(weights));
  return seconds > kFastSeconds ? bytes / seconds : bytes * kManyProducts / fastest(backend, many);
}

/// From a small graph's start to its result in main memory, and the next input on its way; the median.
double sync_seconds(ggml_backend_t backend) {
  const ContextHandle context = context_with_graphs();
  ggml_tensor* input = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, kLength);
  ggml_tensor* output = ggml_scale(context.get(), input, 2.0F);
  ggml_cgraph* graph = ggml_new_graph(context.get());
  ggml_build_forward_expand(graph, output);
  const BufferHandle buffer = allocate(context.get(), backend);
  std::vector<float> data(kLength);
  std::vector<double> seconds(kSynchronisations);
  for (double& taken : seconds) {
    const auto start = Clock::now();
    ggml_backend_tensor_set_async(backend, input, data.data(), 0, ggml_nbytes(input));
    ggml_backend_graph_compute_async(backend, graph);
    ggml_backend_tensor_get_async(backend, output, data.data(), 0, ggml_nbytes(output));
    ggml_backend_synchronize(backend);
    taken = seconds_since(start);
  }
  const auto middle = seconds.begin() + kSynchronisations / 2;
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

BackendHandle start(ggml_backend_dev_t device) {
  BackendHandle backend(ggml_backend_dev_init(device, nullptr));
  if (backend) return backend;
  throw Error(ErrorKind::kBadInput, std::string(ggml_backend_dev_description(device)) +
                                        " cannot be used: update its driver, or choose the GPU budget 0");
}

double cpu_rate(int threads) {
  const CpuBackend& cpu = cpu_backend();
  const Threadpool threadpool(threads);
  const BackendHandle backend = start(cpu.device);
  cpu.set_n_threads(backend.get(), threads);
  cpu.set_threadpool(backend.get(), threadpool.get());
  return read_rate(backend.get());
}

}  // namespace

DeviceRates measure_device(ggml_backend_dev_t gpu, int threads) {
  DeviceRates rates;
  {
    const BackendHandle backend = start(gpu);
    rates.gpu_bytes_per_second = read_rate(backend.get());
    rates.sync_seconds = sync_seconds(backend.get());
  }
  rates.cpu_bytes_per_second = cpu_rate(threads);
  return rates;
}

}  // namespace hotset

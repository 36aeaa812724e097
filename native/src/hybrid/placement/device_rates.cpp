#include "hybrid/placement/device_rates.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "error.h"
#include "runtime/backends.h"
#include "runtime/handles.h"
#include "runtime/threadpool.h"

namespace hotset {
namespace {

constexpr std::int64_t kLength = 4096;

struct Workload {
  std::int64_t rows;
  int products;  ///< in one graph: many make what starting it costs negligible
};
/// The last one reads 256 MiB, more than caches hold, again and again.
constexpr std::array kWorkloads = {
    Workload{.rows = 512, .products = 1}, Workload{.rows = 4096, .products = 1},
    Workload{.rows = 32768, .products = 1}, Workload{.rows = 32768, .products = 8}};

/// What takes so long is measured well enough, and the next workload would take eight times as long.
constexpr double kLongEnough = 0.02;
constexpr int kRounds = 3;

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

struct Measured {
  double bytes;
  double seconds;
};

/// The fastest of several rounds, for what disturbs a measurement only ever slows it down.
Measured measure(ggml_backend_t backend, const Workload& workload) {
  const ContextHandle context = context_with_graphs();
  ggml_tensor* weights = ggml_new_tensor_2d(context.get(), GGML_TYPE_F16, kLength, workload.rows);
  ggml_tensor* input = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, kLength);
  ggml_cgraph* graph = ggml_new_graph(context.get());
  for (int i = 0; i < workload.products; ++i) {
    ggml_build_forward_expand(graph, ggml_mul_mat(context.get(), weights, input));
  }
  const BufferHandle buffer = allocate(context.get(), backend);
  compute(backend, graph);  // compiles kernels, wakes threads
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    const auto start = Clock::now();
    compute(backend, graph);
    best = std::min(best, seconds_since(start));
  }
  return {.bytes = static_cast<double>(ggml_nbytes(weights)) * workload.products, .seconds = best};
}

/// Bytes of weights that a product with one token reads per second.
double read_rate(ggml_backend_t backend) {
  double rate = 0.0;
  for (const Workload& workload : kWorkloads) {
    const Measured measured = measure(backend, workload);
    rate = measured.bytes / measured.seconds;
    if (measured.seconds > kLongEnough) break;
  }
  return rate;
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

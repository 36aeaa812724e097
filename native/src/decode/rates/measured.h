// What the processor's speed is measured by: nodes as steps have them, computed over and over by the threads
// that steps are computed by.
#pragma once

#include <ggml.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "error.h"
#include "hybrid/graph/cpu_threads.h"
#include "kernels/kernel_choice.h"
#include "runtime/handles.h"

namespace hotset {

/// What kernels may ask for behind the last group of packed rows.
inline constexpr std::size_t kBehindRows = std::size_t{8} << 10U;

/// Seconds that `work` takes undisturbed.
template <typename Work>
double undisturbed(Work work) {
  using Clock = std::chrono::steady_clock;
  /// The system needs as long to put every thread on a core of its own.
  constexpr std::chrono::milliseconds kLongEnough(40);
  /// What disturbs a measurement only ever slows it down: of many short ones, the time that so many stay
  /// below. The very fastest would be luck.
  constexpr double kUndisturbed = 0.2;
  std::vector<double> taken;
  for (const auto end = Clock::now() + kLongEnough; taken.empty() || Clock::now() < end;) {
    const auto start = Clock::now();
    work();
    taken.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  const auto place = static_cast<std::ptrdiff_t>(kUndisturbed * static_cast<double>(taken.size()));
  std::nth_element(taken.begin(), taken.begin() + place, taken.end());
  return taken[static_cast<std::size_t>(place)];
}

/// A graph with data of its own, computed as steps are.
class Measured {
 public:
  Measured() : context_(ggml_init({.mem_size = kBytes, .mem_buffer = nullptr, .no_alloc = false})) {}

  ggml_context* context() const { return context_.get(); }

  ggml_tensor* input(std::int64_t length, std::int64_t columns) const {
    ggml_tensor* x = ggml_new_tensor_2d(context(), GGML_TYPE_F32, length, columns);
    auto* values = static_cast<float*>(x->data);
    for (std::int64_t i = 0; i < ggml_nelements(x); ++i) values[i] = static_cast<float>(i % 17 - 8);
    return x;
  }

  /// Computes a tensor once and for all: it costs nothing from then on.
  void settle(CpuThreads& threads, ggml_tensor* tensor) const {
    ggml_cgraph* graph = ggml_new_graph_custom(context(), kMostNodes, false);
    ggml_build_forward_expand(graph, tensor);
    once(threads, graph);
    tensor->op = GGML_OP_NONE;
  }

  /// Seconds that computing one of `lasts`, in turns, and all before it takes undisturbed.
  double seconds(CpuThreads& threads, const std::vector<ggml_tensor*>& lasts) const {
    std::vector<ggml_cgraph*> graphs;
    for (ggml_tensor* last : lasts) {
      graphs.push_back(ggml_new_graph_custom(context(), kMostNodes, false));
      ggml_build_forward_expand(graphs.back(), last);
      once(threads, graphs.back());  // wakes threads, asks for pages
    }
    return undisturbed([&, next = std::size_t{0}]() mutable {
      once(threads, graphs[next]);
      next = (next + 1) % graphs.size();
    });
  }

 private:
  static constexpr std::size_t kBytes = std::size_t{48} << 20U;
  static constexpr std::size_t kMostNodes = 256;

  static void once(CpuThreads& threads, ggml_cgraph* graph) {
    if (threads.compute(graph, false) == GGML_STATUS_SUCCESS) return;
    throw Error(ErrorKind::kInternal, "the processor's speed could not be measured");
  }

  ContextHandle context_;
};

/// Threads as they live with a model: ones that have just begun share a core for a while.
struct Processor {
  Processor(KernelChoice choice, int count) : kernel(choice), threads(count), cpu(count, nullptr, nullptr) {}

  KernelChoice kernel;
  int threads;
  CpuThreads cpu;
};

}  // namespace hotset

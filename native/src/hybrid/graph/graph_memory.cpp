#include "hybrid/graph/graph_memory.h"

#include <algorithm>
#include <string>

#include "error.h"
#include "runtime/buffer_types.h"

namespace hotset {
namespace {

bool reserve(ggml_gallocr* allocator, const Graph& graph, Device device) {
  return std::all_of(graph.stages.begin(), graph.stages.end(), [&](const Stage& stage) {
    return stage.device != device || ggml_gallocr_reserve(allocator, stage.nodes);
  });
}

/// Stages come one after the other: their intermediate results share one memory.
bool allocate_on(Device device, ggml_gallocr* allocator, const Graph& graph) {
  if (!reserve(allocator, graph, device)) return false;
  return std::all_of(graph.stages.begin(), graph.stages.end(), [&](const Stage& stage) {
    if (stage.device != device) return true;
    // The allocator remembers one graph, and tells two apart by their sizes only.
    return ggml_gallocr_reserve(allocator, stage.nodes) && ggml_gallocr_alloc_graph(allocator, stage.nodes);
  });
}

/// Activations are looked at when all stages are done: they keep memory of their own.
bool keep_activations(Graph& graph) {
  ggml_backend_buffer_type_t type = plain_buffer_type();
  const std::size_t alignment = ggml_backend_buft_get_alignment(type);
  std::size_t bytes = 0;
  for (const ggml_tensor* layer : graph.activations) bytes += GGML_PAD(ggml_nbytes(layer), alignment);
  if (bytes == 0) return true;
  graph.activation_memory.reset(ggml_backend_buft_alloc_buffer(type, bytes));
  if (!graph.activation_memory) return false;
  ggml_tallocr allocator = ggml_tallocr_new(graph.activation_memory.get());
  return std::all_of(graph.activations.begin(), graph.activations.end(), [&](ggml_tensor* layer) {
    return ggml_tallocr_alloc(&allocator, layer) == GGML_STATUS_SUCCESS;
  });
}

}  // namespace

void allocate(Graph& graph, ggml_gallocr* gpu_allocator) {
  graph.allocator.reset(ggml_gallocr_new(plain_buffer_type()));
  if (!keep_activations(graph) || !allocate_on(Device::kCpu, graph.allocator.get(), graph)) {
    throw Error(ErrorKind::kOutOfMemory, "not enough memory for the intermediate results of " +
                                             std::to_string(graph.shape.tokens) +
                                             " tokens; choose a smaller model");
  }
  if (gpu_allocator != nullptr && !allocate_on(Device::kGpu, gpu_allocator, graph)) {
    throw GpuError("its memory does not hold the intermediate results");
  }
}

}  // namespace hotset

// Memory for a graph's intermediate results, on both devices.
#pragma once

#include "hybrid/graph/graph.h"

namespace hotset {

/// gpu_allocator: null where no GPU takes part. Throws Error kOutOfMemory, GpuError.
void allocate(Graph& graph, ggml_gallocr* gpu_allocator);

}  // namespace hotset

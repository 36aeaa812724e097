// Where each part of a model lies: on the CPU, or on the one GPU that takes part.
#pragma once

#include <ggml-backend.h>

#include <cstddef>
#include <vector>

#include "neurons/placement.h"
#include "neurons/split.h"

namespace hotset {

enum class Device { kCpu, kGpu };

struct Layout {
  Placement placement;             ///< without layers: everything is the CPU's
  std::vector<LayerSplit> splits;  ///< one for each layer; only where a GPU takes part
  /// Layers of which the CPU computes all neurons leave gate, up and down in the mapped file, where they take
  /// no memory: a sparse mode's rows serve prompts too then, and nothing reads these.
  bool map_feed_forward = false;
  /// What the CPU multiplies with is left in the mapped file where PackedProducts can pack it.
  bool packs = false;
  ggml_backend_buffer_type_t gpu = nullptr;  ///< the GPU's memory; null: none takes part

  bool uses_gpu() const { return gpu != nullptr; }

  Device attention(int layer) const {
    return uses_gpu() && placed(layer).attention_on_gpu ? Device::kGpu : Device::kCpu;
  }
  Device head() const { return uses_gpu() && placement.head_on_gpu ? Device::kGpu : Device::kCpu; }

  /// Neurons of the layer, from the front of its order, that the GPU computes.
  int hot(int layer) const { return uses_gpu() ? placed(layer).hot_on_gpu : 0; }
  const std::vector<int>& order(int layer) const { return splits[static_cast<std::size_t>(layer)].order; }

 private:
  const LayerPlacement& placed(int layer) const { return placement.layers[static_cast<std::size_t>(layer)]; }
};

}  // namespace hotset

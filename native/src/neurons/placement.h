// Which parts of a model lie on the GPU: the answer of the placement's integer program.
#pragma once

#include <string>
#include <vector>

namespace hotset {

struct LayerPlacement {
  bool attention_on_gpu = false;  ///< weights and KV cache
  int hot_on_gpu = 0;             ///< neurons, a prefix of the order of frequency
};

struct Placement {
  std::string device;                  ///< GpuInfo::name
  std::vector<LayerPlacement> layers;  ///< one for each layer of the model
  bool head_on_gpu = false;
};

}  // namespace hotset

// Who is hot: the neurons of a layer ordered by frequency, cut at θ.
#pragma once

#include <span>
#include <vector>

namespace hotset {

struct LayerSplit {
  std::vector<int> order;  ///< original neuron numbers, the most frequent first
  int hot = 0;             ///< how many of them, from the front, are hot
  int on_gpu = 0;          ///< how many of the hot ones, from the front, the GPU computes; at most `hot`
};

/// frequencies: [neurons]; hot are those of at least `threshold`. Neurons of equal frequency keep their
/// order.
LayerSplit split_by_frequency(std::span<const float> frequencies, double threshold);

/// Every neuron cold, in the model's own order: what there is to do without a profile.
LayerSplit all_cold(int neurons);

}  // namespace hotset

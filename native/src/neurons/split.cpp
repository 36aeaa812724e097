#include "neurons/split.h"

#include <algorithm>
#include <numeric>

namespace hotset {

LayerSplit all_cold(int neurons) {
  LayerSplit split;
  split.order.resize(static_cast<std::size_t>(neurons));
  std::iota(split.order.begin(), split.order.end(), 0);
  return split;
}

LayerSplit split_by_frequency(std::span<const float> frequencies, double threshold) {
  LayerSplit split = all_cold(static_cast<int>(frequencies.size()));
  const auto frequency_of = [&](int neuron) { return frequencies[static_cast<std::size_t>(neuron)]; };
  std::stable_sort(split.order.begin(), split.order.end(),
                   [&](int a, int b) { return frequency_of(a) > frequency_of(b); });
  const auto first_cold = std::find_if(split.order.begin(), split.order.end(), [&](int neuron) {
    return static_cast<double>(frequency_of(neuron)) < threshold;
  });
  split.hot = static_cast<int>(first_cold - split.order.begin());
  return split;
}

}  // namespace hotset

#include "neurons/activity_counter.h"

#include <algorithm>
#include <cmath>

namespace hotset {

ActivityCounter::ActivityCounter(int layers, int neurons)
    : tokens_(static_cast<std::size_t>(layers)),
      active_(static_cast<std::size_t>(layers),
              std::vector<std::uint32_t>(static_cast<std::size_t>(neurons))) {}

void ActivityCounter::add(int layer, std::span<const float> magnitudes, float threshold) {
  std::vector<std::uint32_t>& active = active_[static_cast<std::size_t>(layer)];
  for (std::size_t neuron = 0; neuron < active.size(); ++neuron) {
    active[neuron] += std::fabs(magnitudes[neuron]) > threshold ? 1U : 0U;
  }
  ++tokens_[static_cast<std::size_t>(layer)];
}

std::vector<float> ActivityCounter::frequencies(int layer) const {
  const std::vector<std::uint32_t>& active = active_[static_cast<std::size_t>(layer)];
  const auto tokens = static_cast<double>(std::max<std::uint64_t>(1, this->tokens(layer)));
  std::vector<float> frequencies;
  frequencies.reserve(active.size());
  for (const std::uint32_t count : active) frequencies.push_back(static_cast<float>(count / tokens));
  return frequencies;
}

}  // namespace hotset

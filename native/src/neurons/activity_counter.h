// Counts how often each neuron of a model is active.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hotset {

class ActivityCounter {
 public:
  ActivityCounter(int layers, int neurons);

  /// Adds one token in one layer: neurons whose magnitude is above `threshold` are active.
  /// magnitudes: [neurons], of either sign.
  void add(int layer, std::span<const float> magnitudes, float threshold);

  /// Tokens added in `layer`.
  std::uint64_t tokens(int layer) const { return tokens_[static_cast<std::size_t>(layer)]; }

  /// [neurons], each the share of tokens for which it was active; all 0 before the first token.
  std::vector<float> frequencies(int layer) const;

 private:
  std::vector<std::uint64_t> tokens_;               ///< [layers]
  std::vector<std::vector<std::uint32_t>> active_;  ///< [layers][neurons]
};

}  // namespace hotset

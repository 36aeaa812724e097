// The highest of many logits and what softmax divides by.
#pragma once

#include <cstddef>
#include <span>

namespace hotset {

struct SoftmaxParts {
  std::size_t place = 0;  ///< of the highest logit, the first of several
  float highest = 0.0F;
  double sum =
      0.0;  ///< of e^(logit - highest); no finite number where a logit is none, or no logit is finite
};

/// logits: at least one. The sum is exact to about 1e-6 of itself.
SoftmaxParts softmax_parts(std::span<const float> logits);

/// Of the distribution, in nats; no number where a logit is none. logits: at least one.
double entropy(std::span<const float> logits);

}  // namespace hotset

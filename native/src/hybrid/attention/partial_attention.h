// What some queries see in a part of a sequence: the softmax so far and the sums of values by it. Parts that
// follow each other add up to the whole.
#pragma once

#include <span>
#include <vector>

#include "kernels/attention_kernels.h"
#include "kernels/operand.h"

namespace hotset {

class PartialAttention {
 public:
  /// Of up to `queries` queries and values of `length`.
  PartialAttention(int queries, int length);

  /// Forgets what was seen, for the first `queries`.
  void clear(int queries);

  /// Adds what the first `queries` see in the part behind this one. scale: of the scores.
  void append(const PartialAttention& later, int queries, float scale);

  /// The mean of the values: [length].
  void mean_of(int query, std::span<float> mean) const;

  SoftmaxState& state(int query) { return states_[static_cast<std::size_t>(query)]; }
  /// [padded_length(length)]: the values' sum, each times exp(scale * (its score - the largest)). Of the next
  /// query right behind it.
  float* sums(int query) { return sums_.data() + std::ptrdiff_t{query} * padded_; }
  const float* sums(int query) const { return sums_.data() + std::ptrdiff_t{query} * padded_; }
  /// Multiplies the query's sums.
  void shrink(int query, float factor);

 private:
  int padded_;
  std::vector<SoftmaxState> states_;
  Operand::Values<float> sums_;
};

}  // namespace hotset

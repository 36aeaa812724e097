#include "hybrid/attention/partial_attention.h"

#include <algorithm>
#include <cmath>

namespace hotset {

PartialAttention::PartialAttention(int queries, int length)
    : padded_(padded_length(length)),
      states_(static_cast<std::size_t>(queries)),
      sums_(static_cast<std::size_t>(queries) * static_cast<std::size_t>(padded_)) {}

void PartialAttention::clear(int queries) {
  std::fill_n(states_.begin(), queries, SoftmaxState{});
  std::fill_n(sums_.begin(), std::ptrdiff_t{queries} * padded_, 0.0F);
}

void PartialAttention::append(const PartialAttention& later, int queries, float scale) {
  for (int query = 0; query < queries; ++query) {
    const SoftmaxState& added = later.states_[static_cast<std::size_t>(query)];
    if (added.sum == 0.0F) continue;  // the query saw nothing there
    SoftmaxState& own = state(query);
    const float largest = std::max(own.largest, added.largest);
    const float old_factor = std::exp((own.largest - largest) * scale);
    const float new_factor = std::exp((added.largest - largest) * scale);
    own = {.largest = largest, .sum = own.sum * old_factor + added.sum * new_factor};
    float* sum = sums(query);
    const float* addend = later.sums(query);
    for (int i = 0; i < padded_; ++i) sum[i] = sum[i] * old_factor + addend[i] * new_factor;
  }
}

void PartialAttention::mean_of(int query, std::span<float> mean) const {
  const float inverse = 1.0F / states_[static_cast<std::size_t>(query)].sum;
  std::transform(mean.begin(), mean.end(), sums(query), mean.begin(),
                 [&](float /*old*/, float sum) { return sum * inverse; });
}

void PartialAttention::shrink(int query, float factor) {
  float* sum = sums(query);
  for (int i = 0; i < padded_; ++i) sum[i] *= factor;
}

}  // namespace hotset

#include "decode/dense_activity.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace hotset {
namespace {

std::span<const float> values_of(const ggml_tensor* layer) {
  return {static_cast<const float*>(layer->data), static_cast<std::size_t>(ggml_nelements(layer))};
}

}  // namespace

void DenseActivity::add_token(std::span<ggml_tensor* const> layers) {
  std::int64_t active = 0;
  std::size_t neurons = 0;
  for (const ggml_tensor* layer : layers) {
    const auto values = values_of(layer);
    active += std::ranges::count_if(values, [](float value) { return value != 0.0F; });
    neurons += values.size();
  }
  if (neurons == 0) return;
  activity_ += static_cast<double>(active) / static_cast<double>(neurons);
  ++tokens_;
}

std::optional<DecodeStatistics> DenseActivity::take() {
  const double sum = std::exchange(activity_, 0.0);
  const int tokens = std::exchange(tokens_, 0);
  if (tokens == 0) return std::nullopt;
  return DecodeStatistics{.activity = sum / tokens, .computed = 1.0};
}

void see_firing(std::span<ggml_tensor* const> layers, FiringWatch& watch) {
  std::vector<int> fired;
  int number = 0;
  for (const ggml_tensor* layer : layers) {
    const auto values = values_of(layer);
    fired.clear();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] != 0.0F) fired.push_back(static_cast<int>(i));
    }
    watch.see(number++, fired);
  }
}

}  // namespace hotset

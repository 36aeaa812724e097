#include "neurons/predictor_samples.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace hotset {
namespace {

constexpr float kLargestHalf = 65504.0F;

void append(std::vector<ggml_fp16_t>& target, std::span<const float> values) {
  const std::size_t before = target.size();
  target.resize(before + values.size());
  ggml_fp32_to_fp16_row(values.data(), target.data() + before, static_cast<std::int64_t>(values.size()));
}

}  // namespace

void PredictorSamples::add(std::span<const float> normed, std::span<const float> activations,
                           std::span<const float> down_lengths) {
  std::vector<float> masses(neurons_);
  for (std::size_t neuron = 0; neuron < neurons_; ++neuron) {
    masses[neuron] = std::min(std::fabs(activations[neuron]) * down_lengths[neuron], kLargestHalf);
    mass_ += static_cast<double>(masses[neuron]);
    if (masses[neuron] > 0.0F) ++fired_;
  }
  append(inputs_, normed);
  append(masses_, masses);
}

void PredictorSamples::get(std::size_t token, float* input, float* masses) const {
  ggml_fp16_to_fp32_row(inputs_.data() + token * embedding_, input, static_cast<std::int64_t>(embedding_));
  ggml_fp16_to_fp32_row(masses_.data() + token * neurons_, masses, static_cast<std::int64_t>(neurons_));
}

double PredictorSamples::activity() const {
  return static_cast<double>(fired_) / static_cast<double>(std::max<std::size_t>(1, masses_.size()));
}

}  // namespace hotset

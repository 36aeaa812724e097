// What one layer's predictor learns from: the inputs of its feed-forward block, and how much each neuron then
// mattered.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <span>
#include <vector>

namespace hotset {

class PredictorSamples {
 public:
  PredictorSamples(int embedding, int neurons)
      : embedding_(static_cast<std::size_t>(embedding)), neurons_(static_cast<std::size_t>(neurons)) {}

  /// Adds one token. normed: [embedding], after ffn_norm; activations: [neurons]; down_lengths: [neurons],
  /// Euclidean length of each neuron's down column.
  void add(std::span<const float> normed, std::span<const float> activations,
           std::span<const float> down_lengths);

  std::size_t embedding() const { return embedding_; }
  std::size_t neurons() const { return neurons_; }
  std::size_t tokens() const { return inputs_.size() / embedding_; }

  /// Bytes that a token takes.
  static std::size_t bytes_per_token(int embedding, int neurons) {
    return (static_cast<std::size_t>(embedding) + static_cast<std::size_t>(neurons)) * sizeof(ggml_fp16_t);
  }

  /// Copies a token's input to `input` [embedding] and its masses to `masses` [neurons]: |activation| times
  /// the down column's length, 0 for neurons that did not fire.
  void get(std::size_t token, float* input, float* masses) const;

  /// Mean mass of the neurons that fired; 0 where none did.
  double mean_mass() const { return fired_ == 0 ? 0.0 : mass_ / static_cast<double>(fired_); }

  /// Share of neurons that fired, mean over tokens.
  double activity() const;

 private:
  std::size_t embedding_;
  std::size_t neurons_;
  std::vector<ggml_fp16_t> inputs_;  ///< [tokens][embedding]
  std::vector<ggml_fp16_t> masses_;  ///< [tokens][neurons]
  double mass_ = 0.0;
  std::size_t fired_ = 0;
};

}  // namespace hotset

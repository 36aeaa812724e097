// A predictor without training (SparseInfer, arXiv 2411.12692): a neuron's gate is likely above zero where
// the signs of its gate row agree with those of the input in enough places. One bit for each weight is read.
//
// SparseInfer's α, by which agreements may fall short of disagreements, stands here as the largest number of
// disagreements at which a neuron is still computed. Each layer finds its own: over the first tokens every
// neuron is computed, and then enough disagreements are allowed to keep kRecall of the cold neurons' mass.
#pragma once

#include <memory>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/prediction/predictor.h"
#include "kernels/kernel_choice.h"

namespace hotset {

class SignPredictor final : public Predictor {
 public:
  static constexpr int kCalibrationTokens = 32;
  static constexpr double kRecall = 0.99;

  /// file: the bytes of the model's file, of which gate's signs are kept; splits: one for each layer;
  /// kernel: not automatic.
  /// Throws std::bad_alloc.
  SignPredictor(const ModelFile& model, std::span<const std::byte> file,
                const std::vector<LayerSplit>& splits, KernelChoice kernel);
  ~SignPredictor() override;

  const char* name() const override { return "sign"; }
  ggml_tensor* build(ggml_context* context, int layer, FeedForwardInput input) override;
  int first(int layer) const override;
  float threshold(int layer) const override;
  float score_deviation() const override { return score_deviation_; }
  std::uint64_t bytes() const override;
  bool wants_truth(int layer) const override;
  void learn(int layer, std::span<const FiredNeuron> fired) override;

 private:
  struct Layer;

  static void score(ggml_tensor* scores, int thread, int threads, void* layer);

  float score_deviation_;                       ///< of as many coins as a row has columns
  std::vector<std::unique_ptr<Layer>> layers_;  ///< their addresses stay the same
};

}  // namespace hotset

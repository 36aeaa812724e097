// Trains one layer's predictor (PowerInfer, arXiv 2312.12456, section 5.1) and finds how large it should be.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <vector>

#include "neurons/predictor_samples.h"
#include "progress.h"

namespace hotset {

struct TrainingOptions {
  double recall = 0.95;        ///< share of the activation mass that the predictor has to keep
  std::size_t gate_bytes = 0;  ///< of the layer: what is read when every neuron is predicted
  int threads = 1;
  int epochs = 12;  ///< times that each sample is seen
};

struct TrainedPredictor {
  ggml_type type = GGML_TYPE_F16;  ///< of both matrices; their values are those that the type can hold
  int hidden = 0;
  std::vector<float> fc1;  ///< [hidden][embedding]
  std::vector<float> fc2;  ///< [neurons][hidden]
  float threshold = 0.0F;  ///< on the logit; chosen for the recall on tokens kept out of training
  double recall = 0.0;     ///< on other tokens, seen by neither training nor the threshold's choice
  double share = 0.0;      ///< of neurons predicted, on the same
};

/// Bytes that both matrices take.
std::size_t predictor_bytes(ggml_type type, std::size_t embedding, std::size_t hidden, std::size_t neurons);

/// Trains predictors of several sizes and returns the one with which a token reads the fewest bytes: its own,
/// and the gate rows of what it predicts at the wanted recall. The first size follows from the sparsity of
/// the layer; it is doubled or halved for as long as that pays, which depends on the layer's skew. Returns
/// nullopt when cancelled. Throws Error: kBadInput (too few samples, nothing fired), kOutOfMemory.
std::optional<TrainedPredictor> train_predictor(const PredictorSamples& samples,
                                                const TrainingOptions& options, const Progress& progress,
                                                const std::atomic<bool>& cancel);

}  // namespace hotset

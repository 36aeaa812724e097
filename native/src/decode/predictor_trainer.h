// Trains the predictors of a model's layers on what its feed-forward blocks did with texts.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "decode/profiler.h"
#include "neurons/predictor_parts.h"
#include "neurons/predictor_samples.h"

namespace hotset {

class PredictorTrainer {
 public:
  /// Throws Error kBadInput where no neuron of the model is ever exactly zero. `profiler` must outlive this.
  explicit PredictorTrainer(Profiler& profiler);

  /// How many tokens of `layers` layers fit half of the memory that is free.
  std::size_t most_tokens(int layers) const;

  /// Takes samples of these layers from now on, in place of those held.
  void begin(int first, int count);

  /// Runs `text` and keeps what the chosen layers did. Returns false when cancelled.
  bool sample(std::span<const Token> text, const CancelFlag& cancel);

  /// Trains one of the chosen layers, writes its part to `path` and lets go of its samples. Returns nullopt
  /// when cancelled. Throws Error as train_predictor() and write_predictor_part() do.
  std::optional<PredictorPartFigures> train(int layer, double recall, const std::filesystem::path& path,
                                            const Progress& progress, const CancelFlag& cancel);

 private:
  struct Layer {
    PredictorSamples samples;
    std::vector<float> down_lengths;  ///< [neurons]
  };

  Profiler& profiler_;
  int first_ = 0;
  std::vector<Layer> layers_;
};

}  // namespace hotset

// Our own graph for llama-family models, on the CPU: dense, or computing only the cold neurons that fire.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "decode/decoder.h"
#include "decode/mode.h"
#include "gguf/model_file.h"
#include "kernels/kernel_choice.h"
#include "progress.h"

namespace hotset {

struct HybridOptions {
  Mode mode = Mode::kDense;
  PredictorChoice predictor = PredictorChoice::kAuto;  ///< of predicted mode
  KernelChoice kernel = KernelChoice::kAuto;           ///< of all modes but dense
  int context_length = 2048;
  int threads = 1;
  /// GGUF with `blk.N.activation_frequency`; nullopt: every neuron is cold.
  std::optional<std::filesystem::path> profile;
  /// GGUF with fc1 and fc2; nullopt: those in the model's own file, if any.
  std::optional<std::filesystem::path> predictors;
  double hot_threshold = 0.5;  ///< θ: neurons with a frequency of at least this are hot
  /// Thresholded mode: share of the cold neurons that are left out on average, which τ follows from.
  double cold_sparsity = 0.5;
};

/// Throws Error kBadInput for an option that does not fit the model or this processor, kBadModel for a model
/// the hybrid decoder cannot run (see hybrid_obstacle()), kOutOfMemory. A profile that does not belong to the
/// model is logged as one warning and left out. Precondition: load_backends() was called.
std::unique_ptr<Decoder> make_hybrid_decoder(ModelFile model, const HybridOptions& options,
                                             const Progress& progress);

}  // namespace hotset

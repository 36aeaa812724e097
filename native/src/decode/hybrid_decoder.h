// Our own graph for llama-family models, on the CPU: dense, or computing only the cold neurons that fire.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "decode/decoder.h"
#include "gguf/model_file.h"
#include "kernels/kernel_choice.h"
#include "progress.h"

namespace hotset {

struct HybridOptions {
  bool exact =
      false;  ///< compute only the neurons that fire; only for ReLU-family models, see has_exact_zeros()
  KernelChoice kernel = KernelChoice::kAuto;  ///< of exact mode
  int context_length = 2048;
  int threads = 1;
  /// GGUF with `blk.N.activation_frequency`; nullopt: every neuron is cold in exact mode.
  std::optional<std::filesystem::path> profile;
  double hot_threshold = 0.5;  ///< θ: neurons with a frequency of at least this are hot
};

/// Throws Error kBadInput for an option that does not fit the model or this processor, kBadModel for a model
/// the hybrid decoder cannot run (see hybrid_obstacle()), kOutOfMemory. A profile that does not belong to the
/// model is logged as one warning and left out. Precondition: load_backends() was called.
std::unique_ptr<Decoder> make_hybrid_decoder(ModelFile model, const HybridOptions& options,
                                             const Progress& progress);

}  // namespace hotset

// Our own graph for llama-family models, on the CPU and, where there is one, a GPU at the same time: dense,
// or computing only the cold neurons that fire.
#pragma once

#include <ggml.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "decode/decoder.h"
#include "decode/mode.h"
#include "gguf/model_file.h"
#include "hybrid/placement/gpu.h"
#include "kernels/kernel_choice.h"
#include "neurons/placement.h"
#include "neurons/selection.h"
#include "progress.h"

namespace hotset {

struct HybridOptions {
  Mode mode = Mode::kDense;
  PredictorChoice predictor = PredictorChoice::kAuto;  ///< of predicted mode
  KernelChoice kernel = KernelChoice::kAuto;           ///< of all modes but dense
  int context_length = 2048;
  /// Of the KV cache, F16 or Q8_0. Precondition: can_attend_to(), F16 with a placement.
  ggml_type cache_type = GGML_TYPE_F16;
  int contexts = 1;  ///< that the KV cache has room for; 1 with a placement, which was planned for one
  int threads = 1;
  /// GGUF with `blk.N.activation_frequency`; nullopt: every neuron is cold.
  std::optional<std::filesystem::path> profile;
  /// GGUF with fc1 and fc2; nullopt: those in the model's own file, if any.
  std::optional<std::filesystem::path> predictors;
  double hot_threshold = 0.5;  ///< θ: neurons with a frequency of at least this are hot
  /// See Layout::map_feed_forward; not in dense mode.
  bool map_feed_forward = false;
  Selection selection = Selection::kGate;  ///< of thresholded mode
  Threshold threshold = {};  ///< of thresholded mode; Threshold::By::kDynamicMass of predicted mode too
  /// What lies on a GPU; nullopt: nothing.
  std::optional<Placement> placement;
  bool trace = false;  ///< keep when each device computed what

  /// Tokens of the KV cache.
  int cells() const { return context_length * contexts; }
  int sequences() const { return std::max(kMostSequences, contexts); }
};

using GpuOpener = std::function<std::unique_ptr<Gpu>(const std::string& name)>;

/// Throws Error kBadInput where there is no such GPU, GpuError where it does not start.
std::unique_ptr<Gpu> open_gpu(const std::string& name);

/// Throws Error kBadInput for an option that does not fit the model or this processor, kBadModel for a model
/// the hybrid decoder cannot run (see hybrid_obstacle()), kOutOfMemory. A profile that does not belong to the
/// model is logged as one warning and left out. A GPU that does not start, has too little memory or is lost
/// later is logged as one warning too: the CPU then computes everything. Precondition: load_backends() was
/// called.
std::unique_ptr<Decoder> make_hybrid_decoder(ModelFile model, const HybridOptions& options,
                                             const Progress& progress, const GpuOpener& opener = open_gpu);

}  // namespace hotset

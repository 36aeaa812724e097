// From a path and options to a model that is ready to decode.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "decode/decoder.h"
#include "decode/vocabulary.h"
#include "gguf/model_file.h"
#include "kernels/kernel_choice.h"
#include "progress.h"

namespace hotset {

enum class DecoderChoice { kAuto, kLlamaCpp, kHybrid };
enum class ModeChoice { kAuto, kDense, kExact };

struct LoadOptions {
  std::filesystem::path path;
  DecoderChoice decoder = DecoderChoice::kAuto;  ///< automatic: hybrid for ReLU-family llama and qwen2 models
  ModeChoice mode = ModeChoice::kAuto;           ///< automatic: exact for ReLU-family models, else dense
  std::optional<std::filesystem::path> profile;
  double hot_threshold = 0.0;  ///< θ, between 0 and 1
  int context_length = 0;      ///< tokens; capped by what the model was trained for
  int threads = 0;             ///< 0: see choose_thread_count()
  KernelChoice kernel = KernelChoice::kAuto;
  /// Lets llama.cpp run a ReLU-family model although its output is then wrong: for speed comparison only.
  bool ignore_hidden_activation = false;
};

struct LoadedModel {
  ModelFile file;
  Vocabulary vocabulary;
  std::unique_ptr<Decoder> decoder;
};

/// `cancel` ends loading with Error kBadInput. Throws Error: kBadInput, kBadModel, kOutOfMemory, kInternal.
LoadedModel open_model(const LoadOptions& options, const Progress& progress, const CancelFlag& cancel);

}  // namespace hotset

// Loading a GGUF file through libllama.
#pragma once

#include <llama.h>

#include <filesystem>
#include <memory>

#include "decode/decoder.h"
#include "progress.h"

namespace hotset {

enum class LlamaModelPart {
  kVocabulary,  ///< loaded in no time, whatever the model's size
  kSizes,       ///< nothing to compute with, but what everything would take of each device's memory
  kEverything,
};

/// What libllama puts on a GPU.
struct LlamaGpu {
  ggml_backend_dev_t device = nullptr;  ///< null: none, whatever devices there are
  int layers = 0;  ///< the head, then the last layers: one more than the model has is all
};

/// Weights that `gpu` does not name go to main memory. `cancel` ends loading with Error kBadInput.
/// Precondition: ModelFile::open() accepted the file, libllama does not stand hostile ones.
/// Throws Error kBadModel with libllama's reason where it cannot run the model.
std::shared_ptr<llama_model> load_llama_model(const std::filesystem::path& path, LlamaModelPart part,
                                              const Progress& progress, const CancelFlag& cancel,
                                              const LlamaGpu& gpu = {});

}  // namespace hotset

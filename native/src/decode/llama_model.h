// Loading a GGUF file through libllama.
#pragma once

#include <llama.h>

#include <filesystem>
#include <memory>

#include "decode/decoder.h"
#include "progress.h"

namespace hotset {

/// What of a model is wanted: the vocabulary alone is loaded in no time, whatever the model's size.
enum class LlamaModelPart { kVocabulary, kEverything };

/// Weights go to main memory, whatever devices there are. `cancel` ends loading with Error kBadInput.
/// Precondition: ModelFile::open() accepted the file, libllama does not stand hostile ones.
/// Throws Error kBadModel with libllama's reason where it cannot run the model.
std::shared_ptr<llama_model> load_llama_model(const std::filesystem::path& path, LlamaModelPart part,
                                              const Progress& progress, const CancelFlag& cancel);

}  // namespace hotset

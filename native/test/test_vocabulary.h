// Vocabularies that come with llama.cpp's source, for tests that need real tokens.
#pragma once

#include <string>

#include "decode/llama_model.h"
#include "decode/vocabulary.h"

namespace hotset::test {

/// Such as "llama-spm" or "deepseek-coder".
inline std::filesystem::path vocabulary_path(const std::string& name) {
  return std::filesystem::path(HOTSET_LLAMA_SOURCE) / "models" / ("ggml-vocab-" + name + ".gguf");
}

inline Vocabulary load_vocabulary(const std::filesystem::path& path) {
  const CancelFlag never{false};
  return Vocabulary(load_llama_model(
      path, LlamaModelPart::kVocabulary, [](double) {}, never));
}

}  // namespace hotset::test

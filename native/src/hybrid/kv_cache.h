// Keys and values of every token in the sequence, for every layer.
#pragma once

#include <vector>

#include "gguf/model_file.h"
#include "hybrid/handles.h"

namespace hotset {

class KvCache {
 public:
  /// Throws Error kOutOfMemory where `context_length` tokens do not fit.
  KvCache(const ModelFile& model, int context_length);

  int context_length() const { return context_length_; }
  /// [KV heads * head length, context], F16: one row per token.
  ggml_tensor* keys(int layer) const { return keys_[static_cast<std::size_t>(layer)]; }
  ggml_tensor* values(int layer) const { return values_[static_cast<std::size_t>(layer)]; }

 private:
  int context_length_;
  ContextHandle context_;
  BufferHandle buffer_;
  std::vector<ggml_tensor*> keys_;
  std::vector<ggml_tensor*> values_;
};

}  // namespace hotset

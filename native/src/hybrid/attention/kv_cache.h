// Keys and values of every token in the sequence, for every layer, on the device that computes its attention.
#pragma once

#include <cstdint>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/placement/layout.h"
#include "runtime/handles.h"
#include "runtime/large_memory.h"

namespace hotset {

class KvCache {
 public:
  /// Throws Error kOutOfMemory where `context_length` tokens do not fit main memory, GpuError where they do
  /// not fit the GPU's. type: of what lies in main memory, F16 or Q8_0; on a GPU it is F16.
  KvCache(const ModelFile& model, int context_length, const Layout& layout, ggml_type type);

  /// Tensors without data, as Weights::described().
  static KvCache described(const ModelFile& model, int context_length, const Layout& layout, ggml_type type);

  int context_length() const { return context_length_; }
  /// [KV heads * head length, context]: one row per token.
  ggml_tensor* keys(int layer) const { return keys_[static_cast<std::size_t>(layer)]; }
  ggml_tensor* values(int layer) const { return values_[static_cast<std::size_t>(layer)]; }

  /// As ggml allocated them.
  std::uint64_t gpu_bytes() const;

 private:
  struct Undefined {};
  KvCache(const ModelFile& model, int context_length, const Layout& layout, ggml_type type,
          Undefined undefined);

  int context_length_;
  ContextHandle cpu_context_;
  ContextHandle gpu_context_;
  LargeMemory cpu_memory_;
  BufferHandle cpu_buffer_;  ///< over it; null where every layer is the GPU's
  BufferHandle gpu_buffer_;
  std::vector<ggml_tensor*> keys_;
  std::vector<ggml_tensor*> values_;
};

}  // namespace hotset

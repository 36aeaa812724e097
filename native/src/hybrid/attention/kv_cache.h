// Keys and values of every token in the sequence, for every layer, on the device that computes its attention.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
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

  /// Of a token's keys and values of all layers.
  std::size_t token_bytes() const;

  /// Keys and values of these cells: [layers][keys, values][cells], rows as they lie here. Precondition: all
  /// lie in main memory.
  std::vector<std::byte> rows(std::span<const std::int32_t> cells) const;

  /// Writes such rows into these cells. Precondition: there are as many bytes as rows() gives of as many
  /// cells.
  void write_rows(std::span<const std::int32_t> cells, std::span<const std::byte> rows);

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

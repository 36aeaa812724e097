// One layer's down matrix by neuron: a row for each, in the model's own order, in memory of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "gguf/model_file.h"
#include "runtime/large_memory.h"

namespace hotset {

/// Bytes that the rows of all layers take.
std::uint64_t down_rows_bytes(const ModelFile& model);

class DownRows {
 public:
  /// file: the bytes of the model's file. Precondition: the model has `ffn_down`.
  DownRows(const ModelFile& model, std::span<const std::byte> file, int layer, int threads);

  const std::byte* at(std::size_t neuron) const { return first_ + row_bytes_ * neuron; }
  std::size_t row_bytes() const { return row_bytes_; }
  ggml_type type() const { return type_; }

 private:
  ggml_type type_;
  std::size_t row_bytes_;
  LargeMemory memory_;
  const std::byte* first_;
};

}  // namespace hotset

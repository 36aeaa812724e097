// One layer's feed-forward weights with the three rows of a neuron side by side: reading a neuron that fires
// is one contiguous run, and one that does not costs its gate row alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/weights.h"
#include "neurons/split.h"

namespace hotset {

/// Bytes that the rows of all layers take, but for a few between one neuron and the next.
std::uint64_t neuron_rows_bytes(const ModelFile& model);

class NeuronRows {
 public:
  /// Copies gate, up and down of `layer`, neurons in the order of `split`.
  /// Throws Error kBadModel where gate and up differ in type.
  NeuronRows(const ModelFile& model, const Weights& weights, int layer, const LayerSplit& split);

  /// Rows of the neuron at a place in the order; the next place's lie stride() bytes further.
  const std::byte* gate(int place) const { return bytes_.data() + stride_ * static_cast<std::size_t>(place); }
  const std::byte* up(int place) const { return gate(place) + up_offset_; }
  /// The neuron's column of the down matrix, as a row.
  const std::byte* down(int place) const { return gate(place) + down_offset_; }
  std::size_t stride() const { return stride_; }

  /// Of gate and up rows.
  ggml_type input_type() const { return input_type_; }
  ggml_type down_type() const { return down_type_; }

 private:
  void copy_rows(const std::byte* source, std::size_t row_bytes, std::size_t offset, const LayerSplit& split);
  void copy_columns(const std::byte* source, ggml_type source_type, int embedding, const LayerSplit& split);

  ggml_type input_type_;
  ggml_type down_type_;
  std::size_t up_offset_ = 0;
  std::size_t down_offset_ = 0;
  std::size_t stride_ = 0;
  std::vector<std::byte> bytes_;
};

}  // namespace hotset

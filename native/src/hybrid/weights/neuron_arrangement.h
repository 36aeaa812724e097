// A layer's feed-forward weights arranged by neuron: for each a row of gate, of up and of the transposed down
// matrix, neurons in a given order. The rows are as the kernels want them (see pack_row()).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "gguf/model_file.h"

namespace hotset {

struct RowTypes {
  ggml_type input;  ///< of gate and up, Q5_0 as Q8_0 of the same values
  ggml_type down;
};

/// Of the arranged rows of `layer`. Blocks of a quantised `ffn_down` run along the neurons, so that a
/// neuron's column has no blocks of its own: it becomes Q8_0, next to which its own error is large. A
/// `ffn_down_t`, as PowerInfer's files have it, is a row as those of gate. Throws Error kBadModel where gate
/// and up differ in type, or one is missing.
RowTypes row_types(const ModelFile& model, int layer);

/// The rows of one layer, [neurons] each, one behind the other.
struct RowSpans {
  std::span<std::byte> gates;
  std::span<std::byte> ups;
  std::span<std::byte> downs;
};

/// Bytes of one row as arranged.
std::size_t input_row_bytes(const ModelFile& model, const RowTypes& types);
std::size_t down_row_bytes(const ModelFile& model, const RowTypes& types);

/// Fills `rows` from the bytes of the model's file, on `threads` threads. order: place → neuron.
void arrange_layer(const ModelFile& model, std::span<const std::byte> file, int layer,
                   std::span<const int> order, int threads, const RowSpans& rows);

/// Of a neuron's column of a quantised or whole `ffn_down` as a row.
ggml_type down_row_type(const ModelFile& model, int layer);

/// Fills `rows` with the columns of `ffn_down` as packed rows of down_row_type(), in the model's own order.
/// Precondition: the model has `ffn_down`.
void arrange_downs(const ModelFile& model, std::span<const std::byte> file, int layer, int threads,
                   std::span<std::byte> rows);

/// [neurons], lengths of the vectors that are the columns of `ffn_down`. Precondition: the model has it.
std::vector<float> down_lengths(const ModelFile& model, std::span<const std::byte> file, int layer);

}  // namespace hotset

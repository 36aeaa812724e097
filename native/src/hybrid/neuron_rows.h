// One layer's feed-forward weights by neuron: each has a row of gate, of up and of the transposed down
// matrix, and the rows lie in the order of the neurons' frequency. The hot ones are a prefix, and a cold one
// that does not fire costs its gate row alone.
//
// The three matrices are kept apart: every gate row is read for every token, and a contiguous run of them
// streams from memory twice as fast as the same rows with the neuron's other two in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "gguf/model_file.h"
#include "hybrid/large_memory.h"
#include "hybrid/weights.h"
#include "neurons/split.h"

namespace hotset {

/// Bytes that the rows of all layers take.
std::uint64_t neuron_rows_bytes(const ModelFile& model);

class NeuronRows {
 public:
  /// Copies gate, up and down of `layer`, neurons in the order of `split`.
  /// Throws Error kBadModel where gate and up differ in type.
  NeuronRows(const ModelFile& model, const Weights& weights, int layer, const LayerSplit& split);

  /// Rows of the neuron at a place in the order; those of the next place follow.
  const std::byte* gate(int place) const { return row(gates_, input_bytes_, place); }
  const std::byte* up(int place) const { return row(ups_, input_bytes_, place); }
  /// The neuron's column of the down matrix, as a row.
  const std::byte* down(int place) const { return row(downs_, down_bytes_, place); }

  /// Bytes of a row of gate or up.
  std::size_t input_bytes() const { return input_bytes_; }
  /// Bytes of a row of down.
  std::size_t down_bytes() const { return down_bytes_; }
  /// Of gate and up rows.
  ggml_type input_type() const { return input_type_; }
  ggml_type down_type() const { return down_type_; }

 private:
  static const std::byte* row(const LargeMemory& rows, std::size_t bytes, int place) {
    return rows.bytes().data() + bytes * static_cast<std::size_t>(place);
  }

  ggml_type input_type_;
  ggml_type down_type_;
  std::size_t input_bytes_;
  std::size_t down_bytes_;
  LargeMemory gates_;
  LargeMemory ups_;
  LargeMemory downs_;
};

}  // namespace hotset

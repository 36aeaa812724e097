// One layer's feed-forward weights by neuron: each has a row of gate, of up and of the transposed down
// matrix, and the rows lie in the order of the neurons' frequency. The hot ones are a prefix, and a cold one
// that does not fire costs its gate row alone.
//
// The three matrices are kept apart: every gate row is read for every token, and a contiguous run of them
// streams from memory twice as fast as the same rows with the neuron's other two in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "gguf/model_file.h"
#include "hybrid/weights/neuron_arrangement.h"
#include "hybrid/weights/neuron_cache.h"
#include "neurons/split.h"
#include "runtime/large_memory.h"

namespace hotset {

/// Bytes that the rows of all layers take. Throws Error as row_types() does.
std::uint64_t neuron_rows_bytes(const ModelFile& model);

class NeuronRows {
 public:
  /// Arranges the rows in memory of its own, on `threads` threads, neurons in the order of `split`.
  /// file: the bytes of the model's file. Throws Error as row_types() does.
  NeuronRows(const ModelFile& model, std::span<const std::byte> file, int layer, const LayerSplit& split,
             int threads);

  /// Rows that lie in a cache of `model`, which must outlive this.
  NeuronRows(const ModelFile& model, const NeuronCache::Layer& cached);

  /// Rows copied from a cache of `model`. Decoding asks for rows here and there: from a mapped file each
  /// would wait for its address to be translated, and for the disk where the system has put the page away.
  /// Those of places before `first` are not copied, and must not be read.
  static NeuronRows copied(const ModelFile& model, const NeuronCache::Layer& cached, int first);

  /// Rows of the neuron at a place in the order; those of the next place follow.
  const std::byte* gate(int place) const { return gates_ + input_bytes_ * static_cast<std::size_t>(place); }
  const std::byte* up(int place) const { return ups_ + input_bytes_ * static_cast<std::size_t>(place); }
  /// The neuron's column of the down matrix, as a row.
  const std::byte* down(int place) const { return downs_ + down_bytes_ * static_cast<std::size_t>(place); }

  /// Bytes of a row of gate or up.
  std::size_t input_bytes() const { return input_bytes_; }
  /// Bytes of a row of down.
  std::size_t down_bytes() const { return down_bytes_; }
  /// Of gate and up rows.
  ggml_type input_type() const { return types_.input; }
  ggml_type down_type() const { return types_.down; }

 private:
  /// Points at gates, ups and downs, one after the other in memory_.
  RowSpans lay_out(std::size_t neurons);

  RowTypes types_;
  std::size_t input_bytes_;
  std::size_t down_bytes_;
  LargeMemory memory_;  ///< empty: the rows lie elsewhere
  const std::byte* gates_;
  const std::byte* ups_;
  const std::byte* downs_;
};

}  // namespace hotset

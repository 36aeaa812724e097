// Attention of some queries to the rows of the KV head that they share, tile by tile: a row is read and
// converted once for all of them. One thread's; several threads have one each.
#pragma once

#include <ggml.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "hybrid/attention/partial_attention.h"
#include "hybrid/weights/row_matrix.h"
#include "kernels/attention_kernels.h"
#include "kernels/kernels.h"
#include "kernels/operand.h"
#include "runtime/shares.h"

namespace hotset {

/// A KV head's part of every row of the cache, F16 or Q8_0.
struct HeadRows {
  const std::byte* keys;  ///< of row 0
  const std::byte* values;
  std::size_t stride;         ///< bytes from one row to the next
  const std::int32_t* cells;  ///< the row of each position
};

/// Positions of a sequence for one KV head.
struct HeadRun {
  HeadRows rows;
  Range positions;
};

class TiledAttention {
 public:
  /// type: of the cache's rows, F16 or Q8_0; the products of keys in Q8_0 are those of weights, with queries
  /// rounded to 8 bits. length: of a head, in values. scale: of the products of queries and keys.
  /// Precondition: can_attend_to(type, length).
  TiledAttention(KernelChoice kernel, ggml_type type, int most_queries, int length, float scale);

  /// Where the next queries go, [queries, length].
  float* queries() { return queries_.data(); }
  /// Takes over the first `count` of them.
  void begin(int count);

  /// Adds to `part` what the queries see in `run`, which begins at a multiple of kTileRows. visible: of each
  /// query, the positions of the sequence that it sees. Asks memory meanwhile for the beginning of `next`,
  /// which may be empty.
  void attend(const HeadRun& run, const HeadRun& next, std::span<const int> visible, PartialAttention& part);

 private:
  /// The rows of a tile; its first one stands for those that a short one lacks.
  struct Tile {
    std::array<const std::byte*, std::size_t{2} * kTileRows> rows;  ///< the keys', then the values'
    int bytes;                                                      ///< of each row; 0: there is no tile

    const std::byte* const* keys() const { return rows.data(); }
    const std::byte* const* values() const { return rows.data() + kTileRows; }
    RowsAhead part(int begin, int end) const { return {rows.data() + begin, end - begin, bytes}; }
  };

  void find_first(const HeadRun& run, Tile& tile) const;
  void score(const Tile& tile, const Tile& ahead, int queries);
  void score_rounded(const Tile& tile, const Tile& ahead, int queries);
  void add_values(const Tile& tile, int seen, const Tile& ahead, int queries, PartialAttention& part);
  void soften(int begin, std::span<const int> visible, PartialAttention& part);
  ColumnPanels panels(int queries) { return {rounded_.data(), queries, length_, rounding_for(type_)}; }

  const AttentionKernels& kernels_;
  ggml_type type_;
  int length_;
  int row_bytes_;
  float scale_;
  Operand::Values<float> queries_;
  Operand::Values<float> tile_;
  Operand::Values<float> scores_;  ///< [queries, kTileRows]

  // Of rows in Q8_0.
  RoundColumnKernel round_ = nullptr;
  GroupKernel multiply_group_ = nullptr;
  Operand::Values<ColumnBlock> rounded_;  ///< the queries
  Operand::Values<std::byte> groups_;     ///< the keys of a tile
};

/// Whether rows of heads of this length can be attended to in this type.
bool can_attend_to(ggml_type type, int length);

}  // namespace hotset

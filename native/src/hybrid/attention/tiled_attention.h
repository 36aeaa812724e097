// Attention of some queries to the rows of the KV head that they share, tile by tile: a row is read and
// converted once for all of them. One thread's; several threads have one each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "hybrid/attention/partial_attention.h"
#include "kernels/attention_kernels.h"
#include "kernels/operand.h"
#include "runtime/shares.h"

namespace hotset {

/// A KV head's part of every row of the cache, F16.
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
  /// length: of a head, in values. scale: of the products of queries and keys.
  TiledAttention(const AttentionKernels& kernels, int most_queries, int length, float scale);

  /// Where the next queries go, [queries, length].
  float* queries() { return queries_.data(); }

  /// Adds to `part` what the queries see in `run`, which begins at a multiple of kTileRows. visible: of each
  /// query, the positions of the sequence that it sees. Asks memory meanwhile for the beginning of `next`,
  /// which may be empty.
  void attend(const HeadRun& run, const HeadRun& next, std::span<const int> visible, PartialAttention& part);

 private:
  using RowList = std::array<const std::byte*, kTileRows>;

  /// The rows of a tile.
  struct Tile {
    RowList keys;
    RowList values;
    int bytes;  ///< of each row; 0: there is no tile
  };

  Tile first_of(const HeadRun& run) const;
  static RowList list(const std::byte* first, const HeadRows& rows, Range positions);
  void score(int queries, RowsAhead ahead);
  void soften(int begin, std::span<const int> visible, PartialAttention& part);

  const AttentionKernels& kernels_;
  int length_;
  float scale_;
  Operand::Values<float> queries_;
  Operand::Values<float> tile_;
  Operand::Values<float> scores_;  ///< [queries, kTileRows]
};

}  // namespace hotset

// What attention's kernels need to go over a tile's rows: asking memory for those ahead, turning squares of
// them. See lane.h for who may include this.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/attention_kernels.h"
#include "kernels/lane.h"
#include "kernels/prefetch.h"

namespace hotset {
namespace {

inline constexpr std::size_t kTile = static_cast<std::size_t>(kTileRows);

/// Asks for the cache lines of rows one after the other, in equal steps.
class Asking {
 public:
  /// steps: in which all of them are asked for
  Asking(RowsAhead ahead, std::size_t steps)
      : rows_(ahead.rows),
        end_(ahead.rows + ahead.count),
        row_bytes_(static_cast<std::size_t>(ahead.bytes)),
        lines_a_step_(
            (static_cast<std::size_t>(ahead.count) * (row_bytes_ + kCacheLine - 1) / kCacheLine + steps - 1) /
            steps) {}

  HOTSET_INLINE void step() {
    for (std::size_t line = 0; line < lines_a_step_ && rows_ < end_; ++line) {
      prefetch_line(*rows_ + at_);
      at_ += kCacheLine;
      if (at_ < row_bytes_) continue;
      at_ = 0;
      ++rows_;
    }
  }

 private:
  static constexpr std::size_t kCacheLine = 64;

  const std::byte* const* rows_;
  const std::byte* const* end_;
  std::size_t row_bytes_;
  std::size_t lines_a_step_;
  std::size_t at_ = 0;
};

struct NoAsking {
  HOTSET_INLINE void step() {}
};

template <class V>
using Square = std::array<Lane<V>, V::kWidth>;

/// Number c of register r becomes number r of register c.
template <class V>
HOTSET_INLINE void turn_square(Square<V>& square) {
  // Within lanes of four first: element c of each lane, of four rows.
  Square<V> pairs;
  for (std::size_t r = 0; r < V::kWidth; r += 2) {
    pairs[r].value = V::low_singles(square[r].value, square[r + 1].value);
    pairs[r + 1].value = V::high_singles(square[r].value, square[r + 1].value);
  }
  for (std::size_t r = 0; r < V::kWidth; r += 4) {
    square[r].value = V::low_pairs(pairs[r].value, pairs[r + 2].value);
    square[r + 1].value = V::high_pairs(pairs[r].value, pairs[r + 2].value);
    square[r + 2].value = V::low_pairs(pairs[r + 1].value, pairs[r + 3].value);
    square[r + 3].value = V::high_pairs(pairs[r + 1].value, pairs[r + 3].value);
  }
  V::turn_lanes(square);
}

}  // namespace
}  // namespace hotset

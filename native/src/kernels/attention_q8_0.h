// Attention's operators on rows in Q8_0: keys become row groups, whose products are those of weights, and
// values are widened. See lane.h for who may include this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/attention_rows.h"
#include "kernels/group_formats.h"
#include "kernels/quant_layout.h"
#include "kernels/row_groups.h"

namespace hotset {
namespace {

/// The scales of a tile's rows in F32, of the block at `block`.
template <class V>
HOTSET_INLINE void load_scales(const std::byte* const* rows, std::size_t block,
                               std::array<float, kTile>& scales) {
  std::array<Half, kTile> halves;
  for (std::size_t r = 0; r < kTile; ++r) {
    halves[r].bits = reinterpret_cast<const Q8Block*>(rows[r])[block].scale;
  }
  for (std::size_t r = 0; r < kTile; r += V::kWidth) {
    V::store(scales.data() + r, V::load(halves.data() + r));
  }
}

/// A block, which begins at value `begin`, of each of the cache's rows in Q8_0.
template <class V>
class RoundedRows {
 public:
  RoundedRows(const std::byte* const* rows, std::size_t begin)
      : rows_(rows), block_(begin / Q8Block::kWeights), begin_(begin) {
    static_assert(Q8Block::kWeights == static_cast<std::size_t>(kDirectStep));
    load_scales<V>(rows, block_, scales_);
  }

  HOTSET_INLINE typename V::Register load(std::size_t row, std::size_t value) const {
    const Q8Block& block = reinterpret_cast<const Q8Block*>(rows_[row])[block_];
    return V::multiply(V::load(block.levels.data() + (value - begin_)), V::broadcast(scales_[row]));
  }

 private:
  const std::byte* const* rows_;
  std::size_t block_;
  std::size_t begin_;
  std::array<float, kTile> scales_;
};

template <class V>
void load_rounded(const std::byte* const* rows, int length, float* tile, RowsAhead ahead) {
  const std::size_t blocks = static_cast<std::size_t>(length) / Q8Block::kWeights;
  const auto padded = static_cast<std::size_t>(padded_length(length));
  Asking asking(ahead, kTile * blocks);
  std::array<float, kTile> scales;
  for (std::size_t b = 0; b < blocks; ++b, tile += Q8Block::kWeights) {
    load_scales<V>(rows, b, scales);
    for (std::size_t r = 0; r < kTile; ++r) {
      asking.step();
      const auto scale = V::broadcast(scales[r]);
      const std::int8_t* levels = reinterpret_cast<const Q8Block*>(rows[r])[b].levels.data();
      for (std::size_t i = 0; i < Q8Block::kWeights; i += V::kWidth) {
        V::store(tile + r * padded + i, V::multiply(V::load(levels + i), scale));
      }
    }
  }
}

/// Levels of a unit's two blocks from word `word`, as many as a register has.
template <class V>
HOTSET_INLINE typename V::Integers load_unit_words(const Q8Block* blocks, std::size_t word) {
  constexpr std::size_t kWords = Q8Block::kWeights / 4;
  if constexpr (V::kWidth > kWords) {
    return V::load_two(blocks[0].levels.data(), blocks[1].levels.data());
  } else {
    return V::load_bytes(blocks[word / kWords].levels.data() + word % kWords * 4);
  }
}

/// Writes what a unit holds of as many rows as a register has numbers. row: of the first one in its group.
template <class V>
HOTSET_INLINE void write_unit(const std::array<const Q8Block*, V::kWidth>& rows, std::size_t row,
                              std::byte* unit) {
  constexpr std::size_t kWords = Q8_0Group::kBlocks * Q8Block::kWeights / 4;
  for (std::size_t r = 0; r < V::kWidth; ++r) {
    for (std::size_t b = 0; b < Q8_0Group::kBlocks; ++b) {
      std::memcpy(unit + b * kHalvesBytes + (row + r) * sizeof(Half), &rows[r][b].scale, sizeof(Half));
    }
  }
  std::byte* lines = unit + Q8_0Group::kFrontBytes + row * 4;
  for (std::size_t word = 0; word < kWords; word += V::kWidth) {
    Square<V> square;
    for (std::size_t r = 0; r < V::kWidth; ++r) {
      const auto words = load_unit_words<V>(rows[r], word);
      square[r].value = V::same_bits(V::bits_xor(words, V::broadcast_word(0x80808080U)));
    }
    turn_square<V>(square);
    for (std::size_t i = 0; i < V::kWidth; ++i) {
      V::store(reinterpret_cast<float*>(lines + (word + i) * kGroupLine), square[i].value);
    }
  }
}

template <class V>
void group_rounded(const std::byte* const* rows, int length, std::byte* groups, RowsAhead ahead) {
  constexpr auto kRows = static_cast<std::size_t>(kGroupRows);
  const std::size_t units = static_cast<std::size_t>(length) / (Q8_0Group::kBlocks * Q8Block::kWeights);
  Asking asking(ahead, kTile / V::kWidth);
  for (std::size_t r = 0; r < kTile; r += V::kWidth) {
    asking.step();
    std::byte* unit = groups + r / kRows * units * Q8_0Group::kBytes;
    for (std::size_t u = 0; u < units; ++u, unit += Q8_0Group::kBytes) {
      std::array<const Q8Block*, V::kWidth> blocks;
      for (std::size_t k = 0; k < V::kWidth; ++k) {
        blocks[k] = reinterpret_cast<const Q8Block*>(rows[r + k]) + u * Q8_0Group::kBlocks;
      }
      write_unit<V>(blocks, r % kRows, unit);
    }
  }
}

}  // namespace
}  // namespace hotset

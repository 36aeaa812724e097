// The kernels for packed Q4_0 weights, written once over a vector type.
//
// Rows are read in tiles: as many blocks as a register holds numbers, so that their scales are one load. A
// tile is four steps, each a register of levels. See lane.h for who may include this.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/kernels.h"
#include "kernels/lane.h"
#include "kernels/prefetch.h"
#include "kernels/q4_0_layout.h"

namespace hotset {
namespace {

/// Blocks of which operand.turned holds the first halves, then the second.
inline constexpr std::size_t kTurnedBlocks = Operand::kTurnedLevels / q4_0::kBlock;

/// Where a packed row's levels and scales begin.
struct Q4Row {
  Q4Row() = default;
  Q4Row(const std::byte* row, std::size_t blocks)
      : levels(row), scales(reinterpret_cast<const Half*>(row + q4_0::scales_offset(blocks))) {}

  const std::byte* levels;
  const Half* scales;
};

/// `count` scales, zeros behind them.
template <class V>
typename V::Register load_scales(const Half* scales, std::size_t count) {
  if (count >= V::kWidth) return V::load(scales);
  std::array<Half, V::kWidth> some{};
  for (std::size_t i = 0; i < count; ++i) some[i] = scales[i];
  return V::load(some.data());
}

template <class V>
typename V::Register load_some_floats(const float* from, std::size_t count) {
  if (count >= V::kWidth) return V::load(from);
  std::array<float, V::kWidth> some{};
  for (std::size_t i = 0; i < count; ++i) some[i] = from[i];
  return V::load(some.data());
}

/// The whole products of up to kQuads blocks' words with the operand's.
template <class V>
typename V::Integers dot_q4_0_step(const std::byte* levels, const Operand& operand, std::size_t block,
                                   std::size_t blocks) {
  const typename V::Integers mask = V::broadcast_word(0x0F0F0F0FU);
  const typename V::Integers weights = V::load_some(levels + block * q4_0::kLevelBytes, blocks);
  const std::size_t group = block / kTurnedBlocks * Operand::kTurnedLevels;
  const std::int8_t* input = operand.turned.data() + group + block % kTurnedBlocks * q4_0::kLevelBytes;
  typename V::Integers sums = V::load_bytes(operand.offsets.data() + block * 4);
  sums = V::dot(sums, V::bits_and(weights, mask), V::load_bytes(input));
  const typename V::Integers high = V::bits_and(V::template shift_right<4>(weights), mask);
  return V::dot(sums, high, V::load_bytes(input + Operand::kTurnedLevels / 2));
}

/// Adds the products of up to kWidth blocks, which for a whole tile is a constant.
template <class V, std::size_t kRows>
void dot_q4_0_tile(const std::array<Q4Row, kRows>& rows, const Operand& operand, std::size_t block,
                   std::size_t blocks, std::array<Lane<V>, kRows>& sums) {
  const typename V::Register input_scales = load_some_floats<V>(operand.scales.data() + block, blocks);
  std::array<Lane<V>, kRows> scales;
  for (std::size_t r = 0; r < kRows; ++r) {
    scales[r].value = V::multiply(load_scales<V>(rows[r].scales + block, blocks), input_scales);
  }
  for (std::size_t step = 0; step * V::kQuads < blocks; ++step) {
    const std::size_t at = step * V::kQuads;
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto whole = dot_q4_0_step<V>(rows[r].levels, operand, block + at, blocks - at);
      sums[r].value = V::multiply_add(V::to_float(whole), V::spread(scales[r].value, step), sums[r].value);
    }
  }
}

/// next: a row that will be wanted soon; of one row alone it is asked for.
template <class V, std::size_t kRows>
void dot_q4_0_rows(const std::byte* const* list, const std::byte* next, const Operand& operand,
                   std::size_t blocks, float* products) {
  std::array<Q4Row, kRows> rows;
  std::array<Lane<V>, kRows> sums;
  for (std::size_t r = 0; r < kRows; ++r) {
    rows[r] = Q4Row(list[r], blocks);
    sums[r].value = V::zero();
  }
  std::size_t b = 0;
  for (; b + V::kWidth <= blocks; b += V::kWidth) {
    if constexpr (kRows == 1) {
      prefetch_bytes<V::kWidth * q4_0::kLevelBytes>(next + b * q4_0::kLevelBytes);
      prefetch_line(next + q4_0::scales_offset(blocks) + b * q4_0::kScaleBytes);
    }
    dot_q4_0_tile<V, kRows>(rows, operand, b, V::kWidth, sums);
  }
  if (b < blocks) dot_q4_0_tile<V, kRows>(rows, operand, b, blocks - b, sums);
  for (std::size_t r = 0; r < kRows; ++r) products[r] = V::sum(sums[r].value);
}

template <class V>
void dot_q4_0(const std::byte* const* rows, int count, const Operand& operand, int length, float* products) {
  const auto all = static_cast<std::size_t>(count);
  const std::size_t blocks = static_cast<std::size_t>(length) / q4_0::kBlock;
  const std::size_t row_bytes = blocks * (q4_0::kLevelBytes + q4_0::kScaleBytes);
  const std::size_t ahead = rows_ahead(row_bytes);
  const bool is_short = row_bytes < kLongRow;
  std::size_t r = 0;
  for (; is_short && r + 4 <= all; r += 4) {
    dot_q4_0_rows<V, 4>(rows + r, rows[r], operand, blocks, products + r);
  }
  for (; r < all; ++r) {
    const std::byte* next = rows[r + ahead < all ? r + ahead : r];
    dot_q4_0_rows<V, 1>(rows + r, next, operand, blocks, products + r);
  }
}

/// Rows that are added up in registers before the sum is touched.
inline constexpr std::size_t kBatch = 16;

/// Some rows' scales of a tile, times the rows' factors.
template <class V>
using TileScales = std::array<Lane<V>, kBatch>;

/// Adds up to kQuads blocks of `count` rows to sum: [blocks * 32]. levels_at: where the blocks begin in a
/// row. next: as many rows that will be wanted after these.
template <class V>
void add_q4_0_step(const std::byte* const* rows, const std::byte* const* next, std::size_t count,
                   std::size_t levels_at, const TileScales<V>& scales, std::size_t step, std::size_t blocks,
                   float* sum) {
  using Register = typename V::Register;
  // Level n of a word stays where it is, 16^n times too large, until the rows are added up: an instruction
  // less for each. The last one is shifted, because it would take the word's sign. Levels count from -8.
  std::array<std::array<Lane<V>, 4>, 2> totals;
  for (auto& half : totals) {
    for (auto& total : half) total.value = V::zero();
  }
  Register offset = V::zero();
  const bool is_new_line = levels_at % 64 < V::kQuads * q4_0::kLevelBytes;
  for (std::size_t r = 0; r < count; ++r) {
    // One request at a time, between the arithmetic: a burst of them finds no room.
    if (is_new_line) prefetch_line(next[r] + levels_at);
    const auto words = V::load_some(rows[r] + levels_at, blocks);
    const Register scale = V::spread(scales[r].value, step);
    offset = V::multiply_add(V::broadcast(-8.0F), scale, offset);
    for (std::size_t n = 0; n < 7; ++n) {
      const auto level = V::bits_and(words, V::broadcast_word(0xFU << (4 * n)));
      Register& total = totals[n % 2][n / 2].value;
      total = V::multiply_add(V::to_float(level), scale, total);
    }
    Register& last = totals[1][3].value;
    last = V::multiply_add(V::to_float(V::template shift_right<28>(words)), scale, last);
  }
  constexpr std::array<float, 8> kUnits = {1.0F,     0x1p-4F,  0x1p-8F,  0x1p-12F,
                                           0x1p-16F, 0x1p-20F, 0x1p-24F, 1.0F};
  for (std::size_t n = 0; n < 8; ++n) {
    Register& total = totals[n % 2][n / 2].value;
    total = V::multiply_add(total, V::broadcast(kUnits[n]), offset);
  }
  constexpr std::size_t kRegistersOfHalf = q4_0::kBlock / 2 / V::kWidth;
  for (std::size_t half = 0; half < 2; ++half) {
    const auto turned = V::transpose(totals[half]);
    for (std::size_t t = 0; t < 4 && t / kRegistersOfHalf < blocks; ++t) {
      float* to = sum + t / kRegistersOfHalf * q4_0::kBlock + half * q4_0::kBlock / 2 +
                  t % kRegistersOfHalf * V::kWidth;
      V::store(to, V::add(V::load(to), turned[t].value));
    }
  }
}

/// Adds the blocks from `begin` to `end` of up to kBatch rows. next: as many rows that will be wanted after
/// these.
template <class V>
void add_q4_0_batch(const std::byte* const* rows, const std::byte* const* next, const float* factors,
                    std::size_t count, std::size_t row_blocks, std::size_t begin, std::size_t end,
                    float* sum) {
  TileScales<V> scales;
  for (std::size_t b = begin; b < end; b += V::kWidth) {
    const std::size_t blocks = end - b < V::kWidth ? end - b : V::kWidth;
    for (std::size_t r = 0; r < count; ++r) {
      prefetch_line(next[r] + q4_0::scales_offset(row_blocks) + b * q4_0::kScaleBytes);
      scales[r].value = V::multiply(load_scales<V>(Q4Row(rows[r], row_blocks).scales + b, blocks),
                                    V::broadcast(factors[r]));
    }
    for (std::size_t step = 0; step * V::kQuads < blocks; ++step) {
      const std::size_t block = b + step * V::kQuads;
      add_q4_0_step<V>(rows, next, count, block * q4_0::kLevelBytes, scales, step, end - block,
                       sum + block * q4_0::kBlock);
    }
  }
}

template <class V>
void add_q4_0(const std::byte* const* rows, const float* factors, int count, int length, int begin, int end,
              float* sum) {
  const auto all = static_cast<std::size_t>(count);
  const std::size_t blocks = static_cast<std::size_t>(length) / q4_0::kBlock;
  const std::size_t first = static_cast<std::size_t>(begin) / q4_0::kBlock;
  const std::size_t last = static_cast<std::size_t>(end) / q4_0::kBlock;
  for (std::size_t r = 0; r < all; r += kBatch) {
    const std::size_t some = all - r < kBatch ? all - r : kBatch;
    const std::byte* const* next = r + kBatch + some <= all ? rows + r + kBatch : rows + r;
    add_q4_0_batch<V>(rows + r, next, factors + r, some, blocks, first, last, sum);
  }
}

}  // namespace
}  // namespace hotset

// Columns that packed rows of weights are multiplied with, rounded as ggml rounds the other side of its
// products, so that a product here is the one there: to eight bits, or to the type of weights of 16 bits.
//
// A panel holds up to kPanelColumns columns, block after block: block b of column c lies at index
// b * columns + c, so that a kernel reads one stream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hotset {

/// As many as a kernel keeps the sums of in the widest registers.
inline constexpr int kPanelColumns = 16;

/// Neighbouring values of a column and what products ask about them: a cache line. Sums come with a minus,
/// as what weights count from is taken off.
struct alignas(64) ColumnBlock {
  static constexpr int kValues = 32;
  static constexpr int kHalf = kValues / 2;

  std::array<std::int8_t, kValues> levels;  ///< value = level * scale
  float scale;
  std::int32_t offset;                       ///< minus the sum of the levels
  std::array<std::int32_t, 2> half_offsets;  ///< of the first and the second half
  float least_factor;  ///< scale * offset; the offset alone where blocks of a unit share one scale
  std::array<float, 2> half_least_factors;
};
static_assert(sizeof(ColumnBlock) == 64);

/// Neighbouring values of a column that meet weights of 16 bits: F32 numbers in the place of a ColumnBlock.
inline constexpr int kBlockFloats = sizeof(ColumnBlock) / sizeof(float);

}  // namespace hotset

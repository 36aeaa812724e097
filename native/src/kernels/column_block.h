// Columns that packed rows of weights are multiplied with, rounded to eight bits as ggml rounds the other
// side of its products, so that a product here is the one there.
//
// A panel holds up to kPanelColumns columns, block after block: block b of column c lies at index
// b * columns + c, so that a kernel reads one stream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hotset {

/// Columns of which a kernel keeps the sums in registers.
inline constexpr int kPanelColumns = 8;

/// Neighbouring values of a column and what products ask about them: a cache line. Sums come with a minus,
/// as what weights count from is taken off.
struct alignas(64) ColumnBlock {
  static constexpr int kValues = 32;
  static constexpr int kHalf = kValues / 2;

  std::array<std::int8_t, kValues> levels;  ///< value = level * scale
  float scale;
  std::int32_t offset;                       ///< minus the sum of the levels
  std::array<std::int32_t, 2> half_offsets;  ///< of the first and the second half
  float scaled_offset;                       ///< scale * offset
  std::array<float, 2> scaled_half_offsets;
};
static_assert(sizeof(ColumnBlock) == 64);

}  // namespace hotset

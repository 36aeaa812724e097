// Where things are in a packed row of Q4_0 weights, see packing.h.
#pragma once

#include <cstddef>

namespace hotset::q4_0 {

inline constexpr std::size_t kBlock = 32;       ///< weights
inline constexpr std::size_t kLevelBytes = 16;  ///< of a block
inline constexpr std::size_t kScaleBytes = 2;   ///< of a block: F16

/// The four words of a block, turned: the place of byte i, of which the low half is weight i and the high
/// half is weight 16 + i. Its own inverse.
constexpr std::size_t packed_place(std::size_t i) { return i % 4 * 4 + i / 4; }

/// Where the scales begin in a row of so many blocks.
constexpr std::size_t scales_offset(std::size_t blocks) { return blocks * kLevelBytes; }

}  // namespace hotset::q4_0

// Blocks of weights as ggml stores them, where packed rows keep them so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hotset {

/// 32 weights: level * scale.
struct Q8Block {
  static constexpr std::size_t kWeights = 32;

  std::uint16_t scale;  ///< F16
  std::array<std::int8_t, kWeights> levels;
};
static_assert(sizeof(Q8Block) == 34);

/// 256 weights in eight groups of 32: level * scale * group's scale - least * group's least.
struct Q4KBlock {
  static constexpr std::size_t kWeights = 256;
  static constexpr std::size_t kGroups = 8;

  std::uint16_t scale;                  ///< F16
  std::uint16_t least;                  ///< F16
  std::array<std::uint8_t, 12> groups;  ///< scales and least values of the groups, 6 bits each
  std::array<std::uint8_t, 128>
      levels;  ///< of two groups at a time: low halves the first, high halves the second
};
static_assert(sizeof(Q4KBlock) == 144);

/// 256 weights in sixteen groups of 16: (level - 32) * scale * group's scale.
struct Q6KBlock {
  static constexpr std::size_t kWeights = 256;
  static constexpr std::size_t kGroups = 16;

  std::array<std::uint8_t, 128> low;  ///< low four bits of the levels
  std::array<std::uint8_t, 64> high;  ///< high two bits
  std::array<std::int8_t, kGroups> groups;
  std::uint16_t scale;  ///< F16
};
static_assert(sizeof(Q6KBlock) == 210);

}  // namespace hotset

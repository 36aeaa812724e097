// Blocks of weights as ggml stores them, taken apart: the levels of 32 neighbouring weights as bytes, and
// what they are scaled by.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/quant_layout.h"

namespace hotset {

using Levels = std::array<std::uint8_t, 32>;
using Bytes = const std::uint8_t*;

/// Weights i and 16 + i in the halves of byte i: Q4_0 and those that are kept like it.
inline Levels nibble_levels(Bytes bytes) {
  Levels levels;
  for (std::size_t i = 0; i < 16; ++i) {
    levels[i] = bytes[i] & 15U;
    levels[16 + i] = static_cast<std::uint8_t>(bytes[i] >> 4U);
  }
  return levels;
}

/// The same with the fifth bits of all of them in one word in front.
inline Levels five_bit_levels(Bytes fifth, Bytes bytes) {
  Levels levels = nibble_levels(bytes);
  std::uint32_t bits = 0;
  std::memcpy(&bits, fifth, sizeof bits);
  for (std::size_t i = 0; i < 32; ++i) levels[i] |= static_cast<std::uint8_t>((bits >> i & 1U) << 4U);
  return levels;
}

inline Levels q8_0_levels(Bytes bytes) {
  Levels levels;
  for (std::size_t i = 0; i < 32; ++i) levels[i] = bytes[i] ^ 0x80U;
  return levels;
}

/// Q4_K: two blocks in the halves of 32 bytes.
inline Levels q4_k_levels(Bytes bytes, std::size_t block) {
  Levels levels;
  for (std::size_t i = 0; i < 32; ++i) levels[i] = bytes[block / 2 * 32 + i] >> (block % 2 * 4) & 15U;
  return levels;
}

inline Levels q5_k_levels(Bytes fifth, Bytes bytes, std::size_t block) {
  Levels levels = q4_k_levels(bytes, block);
  for (std::size_t i = 0; i < 32; ++i) {
    levels[i] |= static_cast<std::uint8_t>((fifth[i] >> block & 1U) << 4U);
  }
  return levels;
}

inline Levels q6_k_levels(const Q6KBlock& weights, std::size_t block) {
  const std::size_t part = block % 4;
  Bytes low = weights.low.data() + block / 4 * 64 + part % 2 * 32;
  Bytes high = weights.high.data() + block / 4 * 32;
  Levels levels;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned four = low[i] >> (part / 2 * 4) & 15U;
    levels[i] = static_cast<std::uint8_t>(four | (high[i] >> (2 * part) & 3U) << 4U);
  }
  return levels;
}

/// Q2_K and, but for the third bit, Q3_K: four blocks in 32 bytes.
inline Levels two_bit_levels(Bytes bytes, std::size_t block) {
  Levels levels;
  for (std::size_t i = 0; i < 32; ++i) levels[i] = bytes[block / 4 * 32 + i] >> (block % 4 * 2) & 3U;
  return levels;
}

inline Levels q3_k_levels(Bytes third, Bytes bytes, std::size_t block) {
  Levels levels = two_bit_levels(bytes, block);
  for (std::size_t i = 0; i < 32; ++i) {
    levels[i] |= static_cast<std::uint8_t>((third[i] >> block & 1U) << 2U);
  }
  return levels;
}

struct ScaleAndLeast {
  unsigned scale;
  unsigned least;
};

/// Six bits each: Q4_K and Q5_K.
inline ScaleAndLeast k_scales(Bytes groups, std::size_t block) {
  const unsigned second = groups[block + 4];
  if (block < 4) return {.scale = groups[block] & 63U, .least = second & 63U};
  const unsigned high_of_scale = groups[block - 4];
  const unsigned high_of_least = groups[block];
  return {.scale = (second & 15U) | high_of_scale >> 6U << 4U,
          .least = second >> 4U | high_of_least >> 6U << 4U};
}

/// Of 16 weights, six bits that count from -32.
inline int q3_k_scale(Bytes scales, std::size_t half) {
  const unsigned low = scales[half % 8] >> (half / 8 * 4) & 15U;
  const unsigned high = scales[8 + half % 4] >> (half / 4 * 2) & 3U;
  return static_cast<int>(low | high << 4U) - 32;
}

/// Of 32 weights, six bits that count from -32.
inline int iq4_xs_scale(Bytes high, Bytes low, std::size_t block) {
  const unsigned four = low[block / 2] >> (block % 2 * 4) & 15U;
  const unsigned two = high[block / 4] >> (block % 4 * 2) & 3U;
  return static_cast<int>(four | two << 4U) - 32;
}

}  // namespace hotset

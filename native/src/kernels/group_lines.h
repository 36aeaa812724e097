// How levels are written to the lines of a group of rows, see row_groups.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/ggml_levels.h"
#include "kernels/group_formats.h"

namespace hotset {
namespace {

/// The unit that is written to, and the row that is written.
struct Place {
  std::uint8_t* unit;
  std::size_t row;

  void put_half(std::size_t at, Bytes half) const { std::memcpy(unit + at + 2 * row, half, 2); }
  void put_byte(std::size_t at, unsigned byte) const {
    unit[at + row] = static_cast<std::uint8_t>(unit[at + row] | byte);
  }
};

inline std::uint32_t word_of(const Levels& levels, std::size_t i) {
  std::uint32_t word = 0;
  std::memcpy(&word, levels.data() + 4 * i, sizeof word);
  return word;
}

/// `bits` bits of each byte, from bit `begin`, in its lowest ones.
inline std::uint32_t bits_of(std::uint32_t bytes, std::size_t begin, std::size_t bits) {
  return bytes >> begin & 0x01010101U * ((1U << bits) - 1U);
}

/// Writes the lines that hold `kBits` bits of each level, from bit `begin`.
template <std::size_t kBits>
void put_lines(const Levels& levels, std::size_t begin, std::size_t row, std::uint8_t* lines) {
  // Of 4 bits, a byte has weights 16 apart; of 2 and of 1 bit such that are 4 apart.
  constexpr std::size_t kStep = kBits == 4 ? 4 : 1;
  constexpr std::size_t kLines = kBits;
  for (std::size_t line = 0; line < kLines; ++line) {
    std::uint32_t word = 0;
    for (std::size_t n = 0; n < 8 / kBits; ++n) {
      const std::size_t i = kStep == 4 ? line + 4 * n : line * (8 / kBits) + n;
      word |= bits_of(word_of(levels, i), begin, kBits) << (n * kBits);
    }
    std::memcpy(lines + line * kGroupLine + 4 * row, &word, sizeof word);
  }
}

}  // namespace
}  // namespace hotset

// How levels are written to the lines of a group of rows, see row_groups.h.
#pragma once

#include <array>
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

/// Writes the lines that hold `kBits` bits of each level, from bit `begin`.
template <std::size_t kBits>
void put_lines(const Levels& levels, std::size_t begin, std::size_t row, std::uint8_t* lines) {
  std::array<std::uint32_t, kBits> words{};
  for (const Piece& piece : kPieces<kBits>) {
    const std::uint32_t mask = 0x01010101U * ((1U << piece.bits) - 1U);
    const std::uint32_t bits = word_of(levels, piece.word) >> (begin + piece.to) & mask;
    words[piece.line] |= bits << piece.from;
  }
  for (std::size_t line = 0; line < kBits; ++line) {
    std::memcpy(lines + line * kGroupLine + 4 * row, &words[line], sizeof words[line]);
  }
}

}  // namespace
}  // namespace hotset

#include "kernels/ggml_grids.h"

#include <ggml.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace hotset {
namespace {

constexpr std::size_t kBlockWeights = 256;
constexpr std::size_t kBlockWords = kBlockWeights / 4;
constexpr std::array<std::uint8_t, 2> kOne = {0x00, 0x3C};  // in F16

/// Four levels of three bits in the bytes of each word.
template <std::size_t kWords>
using Grid = std::array<std::uint32_t, kWords>;

/// Four weights without signs, of which the smallest magnitude is `least`, as levels: magnitudes are odd
/// multiples of it, but for the largest of IQ3_XXS, which is half a multiple more.
std::uint32_t word_of(const float* weights, float least) {
  std::uint32_t word = 0;
  for (std::size_t j = 0; j < 4; ++j) {
    const auto level = static_cast<std::uint32_t>((weights[j] / least - 1.0F) / 2.0F);
    word |= std::min(level, 7U) << (8 * j);
  }
  return word;
}

/// Has ggml convert blocks that name all words, kBlockWords of them at a time. stored: a block whose scales
/// and signs are set; name(block, first): writes the numbers from `first` on.
template <std::size_t kWords, class Block, class Name>
Grid<kWords> read_grid(ggml_type type, Block stored, float least, Name name) {
  Grid<kWords> grid{};
  for (std::size_t first = 0; first < kWords; first += kBlockWords) {
    name(stored, first);
    std::array<float, kBlockWeights> weights{};
    ggml_get_type_traits(type)->to_float(stored.data(), weights.data(), kBlockWeights);
    for (std::size_t i = 0; i < kBlockWords; ++i) grid[first + i] = word_of(weights.data() + 4 * i, least);
  }
  return grid;
}

void name_low_bytes(std::uint8_t* words, std::size_t first) {
  for (std::size_t i = 0; i < kBlockWords; ++i) words[i] = static_cast<std::uint8_t>(first + i);
}

Grid<512> read_iq3_s_grid() {
  std::array<std::uint8_t, 110> stored{kOne[0], kOne[1]};
  return read_grid<512>(GGML_TYPE_IQ3_S, stored, 1.0F, [](auto& block, std::size_t first) {
    name_low_bytes(block.data() + 2, first);
    std::fill_n(block.data() + 66, 8, static_cast<std::uint8_t>(first < 256 ? 0 : 255));
  });
}

Grid<256> read_iq3_xxs_grid() {
  std::array<std::uint8_t, 98> stored{kOne[0], kOne[1]};
  // The smallest magnitude is 4, the smallest scale a fourth.
  return read_grid<256>(GGML_TYPE_IQ3_XXS, stored, 1.0F,
                        [](auto& block, std::size_t first) { name_low_bytes(block.data() + 2, first); });
}

/// A word's four levels with the signs of the lowest four bits.
std::uint32_t signed_word(std::uint32_t word, unsigned signs) {
  for (std::size_t j = 0; j < 4; ++j) word |= (signs >> j & 1U) << (8 * j + 3);
  return word;
}

void put_word(Levels& levels, std::size_t i, std::uint32_t word) {
  std::memcpy(levels.data() + 4 * i, &word, sizeof word);
}

}  // namespace

Levels iq3_s_levels(Bytes words, unsigned ninth, Bytes signs) {
  static const Grid<512> grid = read_iq3_s_grid();
  Levels levels;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::size_t number = words[i] | (ninth >> i & 1U) << 8U;
    put_word(levels, i, signed_word(grid[number], signs[i / 2] >> (i % 2 * 4)));
  }
  return levels;
}

Levels iq3_xxs_levels(Bytes words, std::uint32_t signs) {
  static const Grid<256> grid = read_iq3_xxs_grid();
  Levels levels;
  for (std::size_t i = 0; i < 8; ++i) {
    const unsigned seven = signs >> (i / 2 * 7) & 127U;
    const unsigned eight = seven | (static_cast<unsigned>(std::popcount(seven)) & 1U) << 7U;
    put_word(levels, i, signed_word(grid[words[i]], eight >> (i % 2 * 4)));
  }
  return levels;
}

}  // namespace hotset

// How each type's weights lie in a group of rows, see row_groups.h, and how their scales are read.
// See lane.h for who may include this.
#pragma once

#include <ggml.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/lane.h"

namespace hotset {
namespace {

inline constexpr std::size_t kGroupLine = 64;
inline constexpr std::size_t kHalvesBytes = 32;  ///< F16 numbers, one of each row

/// Bits of a block's word of four levels: `bits` of each byte, from bit `to`, lie in bytes of a line from bit
/// `from`.
struct Piece {
  std::size_t word;
  std::size_t line;
  unsigned from;
  unsigned to;
  unsigned bits;
};

/// As many words to a byte as fit, which leave nothing over.
template <std::size_t kBits>
constexpr std::array<Piece, 8> whole_words() {
  std::array<Piece, 8> pieces{};
  for (std::size_t word = 0; word < pieces.size(); ++word) {
    const auto from = static_cast<unsigned>(word / kBits * kBits);
    pieces[word] = {.word = word, .line = word % kBits, .from = from, .to = 0, .bits = kBits};
  }
  return pieces;
}

/// How a block's eight words of levels of `kBits` bits lie in as many lines: the first ones in the low bits,
/// which takes a mask to read and no shift, the others behind them and in what these leave over. A word's
/// lowest bits come first.
template <std::size_t kBits>
inline constexpr std::array kPieces = whole_words<kBits>();

template <>
inline constexpr std::array kPieces<3> = std::to_array<Piece>({{0, 0, 0, 0, 3},
                                                               {1, 1, 0, 0, 3},
                                                               {2, 2, 0, 0, 3},
                                                               {3, 0, 3, 0, 3},
                                                               {4, 1, 3, 0, 3},
                                                               {5, 2, 3, 0, 3},
                                                               {6, 0, 6, 0, 2},
                                                               {6, 1, 6, 2, 1},
                                                               {7, 2, 6, 0, 2},
                                                               {7, 1, 7, 2, 1}});
template <>
inline constexpr std::array kPieces<5> = std::to_array<Piece>({{0, 0, 0, 0, 5},
                                                               {1, 1, 0, 0, 5},
                                                               {2, 2, 0, 0, 5},
                                                               {3, 3, 0, 0, 5},
                                                               {4, 4, 0, 0, 5},
                                                               {5, 0, 5, 0, 3},
                                                               {5, 1, 6, 3, 2},
                                                               {6, 2, 5, 0, 3},
                                                               {6, 3, 6, 3, 2},
                                                               {7, 4, 5, 0, 3},
                                                               {7, 1, 5, 3, 1},
                                                               {7, 3, 5, 4, 1}});
template <>
inline constexpr std::array kPieces<6> = std::to_array<Piece>({{0, 0, 0, 0, 6},
                                                               {1, 1, 0, 0, 6},
                                                               {2, 2, 0, 0, 6},
                                                               {3, 3, 0, 0, 6},
                                                               {4, 4, 0, 0, 6},
                                                               {5, 5, 0, 0, 6},
                                                               {6, 0, 6, 0, 2},
                                                               {6, 1, 6, 2, 2},
                                                               {6, 2, 6, 4, 2},
                                                               {7, 3, 6, 0, 2},
                                                               {7, 4, 6, 2, 2},
                                                               {7, 5, 6, 4, 2}});

/// Where things are in a unit. kLevelBits: of a level; kOffsetBits: levels count from -2^kOffsetBits; 0: from
/// zero.
template <std::size_t kUnitBlocks, std::size_t kFront, std::size_t kLevelBits, int kOffset>
struct GroupLayout {
  static constexpr std::size_t kBlocks = kUnitBlocks;
  static constexpr std::size_t kFrontBytes = kFront;
  static constexpr std::size_t kBits = kLevelBits;
  static constexpr int kOffsetBits = kOffset;
  static constexpr std::size_t kBlockBytes = kGroupLine * kBits;
  static constexpr std::size_t kBytes = kFront + kUnitBlocks * kBlockBytes;
  static constexpr bool kHasLeast = false;   ///< level * scale - least
  static constexpr bool kHasHalves = false;  ///< scales are of 16 weights
  static constexpr bool kHasTable = false;   ///< levels are places in `kValues`, sixteen bytes
};

template <class V>
typename V::Register load_halves(const std::byte* unit, std::size_t at, std::size_t part) {
  return V::load(reinterpret_cast<const Half*>(unit + at) + part * V::kWidth);
}

/// A byte of each row as a whole number: one of std::uint8_t and std::int8_t.
template <class V, class Byte>
typename V::Integers load_row_bytes(const std::byte* unit, std::size_t at, std::size_t part) {
  return V::load_words(reinterpret_cast<const Byte*>(unit + at) + part * V::kWidth);
}

// What levels of 4 bits stand for, counted from the format's offset.

alignas(16) inline constexpr std::array<std::uint8_t, 16> kIq4Values = {
    1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241};

/// Twice the numbers of FP4 (E2M1): the highest bit is the sign.
alignas(16) inline constexpr std::array<std::uint8_t, 16> kMxfp4Values = {16, 17, 18, 19, 20, 22, 24, 28,
                                                                          16, 15, 14, 13, 12, 10, 8,  4};

/// The magnitudes of IQ3_S's grid, then the same below zero.
alignas(16) inline constexpr std::array<std::uint8_t, 16> kIq3SValues = {17, 19, 21, 23, 25, 27, 29, 31,
                                                                         15, 13, 11, 9,  7,  5,  3,  1};

/// As of IQ3_XXS.
alignas(16) inline constexpr std::array<std::uint8_t, 16> kIq3XxsValues = {68, 76, 84, 92, 100, 108, 116, 126,
                                                                           60, 52, 44, 36, 28,  20,  12,  2};

/// Blocks of 32 with a scale, two to a unit.
template <std::size_t kLevelBits, int kOffset>
struct ScaledBlocks : GroupLayout<2, 2 * kHalvesBytes, kLevelBits, kOffset> {
  template <class V>
  static typename V::Register scale(const std::byte* unit, std::size_t block, std::size_t part) {
    return load_halves<V>(unit, block * kHalvesBytes, part);
  }
};

using Q4_0Group = ScaledBlocks<4, 3>;
using Q5_0Group = ScaledBlocks<5, 4>;
using Q8_0Group = ScaledBlocks<8, 7>;

struct Iq4NlGroup : ScaledBlocks<4, 7> {
  static constexpr bool kHasTable = true;
  static constexpr auto& kValues = kIq4Values;
};

/// Scales are powers of two, bytes of the exponent that F32 has.
struct Mxfp4Group : GroupLayout<2, 2 * kHalvesBytes, 4, 4> {
  static constexpr bool kHasTable = true;
  static constexpr auto& kValues = kMxfp4Values;

  template <class V>
  static typename V::Register scale(const std::byte* unit, std::size_t block, std::size_t part) {
    const auto exponent = load_row_bytes<V, std::uint8_t>(unit, block * 16, part);
    return V::same_bits(V::template shift_left<23>(exponent));
  }
};

/// With a least value, which is kept with its sign turned.
template <std::size_t kLevelBits>
struct ScaledBlocksFromLeast : GroupLayout<2, 4 * kHalvesBytes, kLevelBits, 0> {
  static constexpr bool kHasLeast = true;

  template <class V>
  static typename V::Register scale(const std::byte* unit, std::size_t block, std::size_t part) {
    return load_halves<V>(unit, block * kHalvesBytes, part);
  }
  template <class V>
  static typename V::Register least(const std::byte* unit, std::size_t block, std::size_t part) {
    return load_halves<V>(unit, (2 + block) * kHalvesBytes, part);
  }
};

using Q4_1Group = ScaledBlocksFromLeast<4>;
using Q5_1Group = ScaledBlocksFromLeast<5>;

/// Q4_K and Q5_K: the rows' scales and least values, then for each block bytes of the low four bits of its
/// scale and of its least value, then for two blocks bytes of the high two bits of both.
template <std::size_t kLevelBits>
struct KGroup : GroupLayout<8, 256, kLevelBits, 0> {
  static constexpr bool kHasLeast = true;
  static constexpr std::size_t kLowAt = 2 * kHalvesBytes;
  static constexpr std::size_t kHighAt = kLowAt + std::size_t{8} * 16;

  template <class V>
  static typename V::Register scale(const std::byte* unit, std::size_t block, std::size_t part) {
    const auto low = load_row_bytes<V, std::uint8_t>(unit, kLowAt + block * 16, part);
    const auto four = V::bits_and(low, V::broadcast_word(15));
    const auto two =
        V::bits_and(V::template shift_left<4>(high(unit, block, part, V{})), V::broadcast_word(0x30));
    return V::multiply(V::to_float(V::bits_or(four, two)), load_halves<V>(unit, 0, part));
  }
  template <class V>
  static typename V::Register least(const std::byte* unit, std::size_t block, std::size_t part) {
    const auto low = load_row_bytes<V, std::uint8_t>(unit, kLowAt + block * 16, part);
    const auto four = V::template shift_right<4>(low);
    const auto two =
        V::bits_and(V::template shift_left<2>(high(unit, block, part, V{})), V::broadcast_word(0x30));
    return V::multiply(V::to_float(V::bits_or(four, two)), load_halves<V>(unit, kHalvesBytes, part));
  }

 private:
  template <class V>
  static typename V::Integers high(const std::byte* unit, std::size_t block, std::size_t part, V /*v*/) {
    const auto both = load_row_bytes<V, std::uint8_t>(unit, kHighAt + block / 2 * 16, part);
    return block % 2 == 0 ? both : V::template shift_right<4>(both);
  }
};

using Q4KGroup = KGroup<4>;
using Q5KGroup = KGroup<5>;

/// The rows' scales, then bytes of the scale of every 16 weights.
template <std::size_t kLevelBits, int kOffset>
struct HalvesGroup : GroupLayout<8, 2 * kHalvesBytes + 256, kLevelBits, kOffset> {
  static constexpr bool kHasHalves = true;
  static constexpr std::size_t kScalesAt = 2 * kHalvesBytes;

  template <class V>
  static typename V::Register scale(const std::byte* unit, std::size_t half, std::size_t part) {
    const auto whole = load_row_bytes<V, std::int8_t>(unit, kScalesAt + half * 16, part);
    return V::multiply(V::to_float(whole), load_halves<V>(unit, 0, part));
  }
};

using Q6KGroup = HalvesGroup<6, 5>;
using Q3KGroup = HalvesGroup<3, 2>;

/// Two bits: scales and least values of 16 weights in the halves of a byte.
struct Q2KGroup : GroupLayout<8, 2 * kHalvesBytes + 256, 2, 0> {
  static constexpr bool kHasLeast = true;
  static constexpr bool kHasHalves = true;
  static constexpr std::size_t kScalesAt = 2 * kHalvesBytes;

  template <class V>
  static typename V::Register scale(const std::byte* unit, std::size_t half, std::size_t part) {
    const auto both = load_row_bytes<V, std::uint8_t>(unit, kScalesAt + half * 16, part);
    return V::multiply(V::to_float(V::bits_and(both, V::broadcast_word(15))), load_halves<V>(unit, 0, part));
  }
  template <class V>
  static typename V::Register least(const std::byte* unit, std::size_t half, std::size_t part) {
    const auto both = load_row_bytes<V, std::uint8_t>(unit, kScalesAt + half * 16, part);
    return V::multiply(V::to_float(V::template shift_right<4>(both)),
                       load_halves<V>(unit, kHalvesBytes, part));
  }
};

/// Weights of 16 bits as they are: of every row the first, of every row the next.
struct ValuesGroup {
  static constexpr std::size_t kBlocks = 1;
  static constexpr std::size_t kBytes = 32 * kHalvesBytes;
};

/// The rows' scales, then bytes of each block's.
template <int kOffset>
struct TableGroup : GroupLayout<8, 2 * kHalvesBytes + 128, 4, kOffset> {
  static constexpr bool kHasTable = true;
  static constexpr std::size_t kScalesAt = 2 * kHalvesBytes;

  template <class V>
  static typename V::Register scale(const std::byte* unit, std::size_t block, std::size_t part) {
    const auto whole = load_row_bytes<V, std::int8_t>(unit, kScalesAt + block * 16, part);
    return V::multiply(V::to_float(whole), load_halves<V>(unit, 0, part));
  }
};

struct Iq4XsGroup : TableGroup<7> {
  static constexpr auto& kValues = kIq4Values;
};

struct Iq3SGroup : TableGroup<4> {
  static constexpr auto& kValues = kIq3SValues;
};

struct Iq3XxsGroup : TableGroup<6> {
  static constexpr auto& kValues = kIq3XxsValues;

  template <class V>
  static typename V::Register scale(const std::byte* unit, std::size_t block, std::size_t part) {
    return V::multiply(TableGroup::scale<V>(unit, block, part), V::broadcast(0.25F));
  }
};

}  // namespace
}  // namespace hotset

// The product of a group of rows with up to kPanelColumns columns, written once over a vector type. Weights
// are taken apart once for all columns, of which the sums stay in registers. A column's additions have the
// same order however many there are. See lane.h for who may include this.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "kernels/column_block.h"
#include "kernels/group_formats.h"
#include "kernels/lane.h"
#include "kernels/prefetch.h"

namespace hotset {
namespace {

/// Four levels of each row in a register: a struct for the reason that Lane is one.
template <class V>
struct Word {
  typename V::Integers value;
};

/// A block's levels, word i of them weights 4i to 4i + 3.
template <class V>
using BlockWords = std::array<Word<V>, 8>;

/// How far ahead of the products weights are asked for.
inline constexpr std::size_t kBytesAhead = 4096;

/// kBits bits of each byte of `line`, which begin at bit kFrom, moved to begin at kTo; no others.
template <class V, unsigned kFrom, unsigned kTo, unsigned kBits>
HOTSET_INLINE typename V::Integers move_bits(typename V::Integers line) {
  if constexpr (kBits == 8) return line;
  const auto mask = V::broadcast_word(0x01010101U * (((1U << kBits) - 1U) << kTo));
  if constexpr (kFrom > kTo) return V::bits_and(V::template shift_right<kFrom - kTo>(line), mask);
  if constexpr (kFrom < kTo) return V::bits_and(V::template shift_left<kTo - kFrom>(line), mask);
  return V::bits_and(line, mask);
}

/// The words of a block whose lines begin at `from`, see kPieces: levels of kBits bits, which begin at bit
/// kTo of a byte.
template <class V, std::size_t kBits, unsigned kTo = 0>
HOTSET_INLINE BlockWords<V> read_lines(const std::byte* from) {
  std::array<Word<V>, kBits> lines;
  for (std::size_t i = 0; i < kBits; ++i) lines[i].value = V::load_bytes(from + i * kGroupLine);
  BlockWords<V> words;
  const auto put = [&]<std::size_t kN>() HOTSET_INLINE_LAMBDA {
    constexpr Piece kPiece = kPieces<kBits>[kN];
    auto& word = words[kPiece.word].value;
    const auto bits = move_bits<V, kPiece.from, kPiece.to + kTo, kPiece.bits>(lines[kPiece.line].value);
    word = kPiece.to == 0 ? bits : V::bits_or(word, bits);
  };
  [&]<std::size_t... kN>(std::index_sequence<kN...>) HOTSET_INLINE_LAMBDA {
    (put.template operator()<kN>(), ...);
  }
  (std::make_index_sequence<kPieces<kBits>.size()>());
  return words;
}

/// Whether levels are given their signs back, because they count from -128 and the instructions take no byte
/// above 127 without.
template <class V, class Format>
inline constexpr bool kIsSigned = Format::kOffsetBits == 7 && !V::kTakesWholeBytes;

/// The highest level of a format.
template <class Format>
constexpr int most_level() {
  int most = (1 << Format::kBits) - 1;
  if constexpr (Format::kHasTable) {
    most = 0;
    for (const std::uint8_t value : Format::kValues) most = value > most ? value : most;
  }
  return most;
}

template <class V, class Format>
HOTSET_INLINE typename V::Integers finished(typename V::Integers word) {
  if constexpr (Format::kHasTable) word = V::look_up(Format::kValues.data(), word);
  if constexpr (kIsSigned<V, Format>) word = V::bits_xor(word, V::broadcast_word(0x80808080U));
  return word;
}

template <class V, class Format>
HOTSET_INLINE BlockWords<V> load_words(const std::byte* unit, std::size_t block, std::size_t part) {
  const std::byte* lines =
      unit + Format::kFrontBytes + block * Format::kBlockBytes + part * V::kWidth * sizeof(float);
  BlockWords<V> words = read_lines<V, Format::kBits>(lines);
  for (auto& word : words) word.value = finished<V, Format>(word.value);
  return words;
}

/// What a scale belongs to: words [kBegin, kEnd) of a block, all of them or a half.
template <std::size_t kBegin, std::size_t kEnd>
struct Scaled {
  static constexpr bool kIsHalf = kEnd - kBegin == 4;

  static std::int32_t offset(const ColumnBlock& column) {
    return kIsHalf ? column.half_offsets[kBegin / 4] : column.offset;
  }
  static float least_factor(const ColumnBlock& column) {
    return kIsHalf ? column.half_least_factors[kBegin / 4] : column.least_factor;
  }

  /// Adds to sums[c] the words' products with column c's levels. kMost: no level of the weights is above.
  template <class V, bool kSigned, int kMost, std::size_t kColumns>
  HOTSET_INLINE static void add_products(const BlockWords<V>& words, const ColumnBlock* columns,
                                         std::array<Word<V>, kColumns>& sums) {
    if constexpr (!kSigned && V::pairs_together(kMost) > 1) {
      HOTSET_UNROLL
      for (std::size_t c = 0; c < kColumns; ++c) {
        sums[c].value = add_pairs<V, V::pairs_together(kMost)>(sums[c].value, words, columns[c]);
      }
    } else if constexpr (V::kWordByWord) {
      HOTSET_UNROLL
      for (std::size_t i = kBegin; i < kEnd; ++i) {
        HOTSET_UNROLL
        for (std::size_t c = 0; c < kColumns; ++c) {
          sums[c].value = add_word<V, kSigned>(sums[c].value, words[i].value, columns[c], i);
        }
      }
    } else {
      HOTSET_UNROLL
      for (std::size_t c = 0; c < kColumns; ++c) {
        HOTSET_UNROLL
        for (std::size_t i = kBegin; i < kEnd; ++i) {
          sums[c].value = add_word<V, kSigned>(sums[c].value, words[i].value, columns[c], i);
        }
      }
    }
  }

 private:
  /// kTogether words' pairs are added up in 16 bits first.
  template <class V, std::size_t kTogether>
  HOTSET_INLINE static typename V::Integers add_pairs(typename V::Integers sums, const BlockWords<V>& words,
                                                      const ColumnBlock& column) {
    for (std::size_t i = kBegin; i < kEnd; i += kTogether) {
      auto pairs = V::multiply_pairs(words[i].value, four_levels<V>(column, i));
      for (std::size_t j = i + 1; j < i + kTogether && j < kEnd; ++j) {
        pairs = V::add_pairs(pairs, V::multiply_pairs(words[j].value, four_levels<V>(column, j)));
      }
      sums = V::add_up_pairs(sums, pairs);
    }
    return sums;
  }

  template <class V, bool kSigned>
  HOTSET_INLINE static typename V::Integers add_word(typename V::Integers sums, typename V::Integers word,
                                                     const ColumnBlock& column, std::size_t i) {
    if constexpr (kSigned) {
      return V::dot_signed_bytes(sums, word, four_levels<V>(column, i));
    } else if constexpr (requires { V::dot_four(sums, word, column.levels.data()); }) {
      return V::dot_four(sums, word, column.levels.data() + 4 * i);
    } else {
      return V::dot(sums, word, four_levels<V>(column, i));
    }
  }

  /// Those that meet word i, for every row.
  template <class V>
  HOTSET_INLINE static typename V::Integers four_levels(const ColumnBlock& column, std::size_t i) {
    std::uint32_t four = 0;
    std::memcpy(&four, column.levels.data() + 4 * i, sizeof four);
    return V::broadcast_word(four);
  }
};

/// Rows whose levels lie together: what a group is read from. Another such type is in plane_product.h.
template <class RowFormat>
struct WholeRows {
  using Format = RowFormat;
  static constexpr float kFactor = 1.0F;  ///< of all sums, in the end

  const std::byte* group;

  const std::byte* unit(std::size_t u) const { return group + u * Format::kBytes; }

  void prefetch_front(std::size_t u) const { prefetch_bytes<Format::kFrontBytes>(unit(u) + kBytesAhead); }

  void prefetch_block(std::size_t u, std::size_t block) const {
    const std::size_t levels = Format::kFrontBytes + block * Format::kBlockBytes;
    prefetch_bytes<Format::kBlockBytes>(unit(u) + levels + kBytesAhead);
  }

  template <class V>
  HOTSET_INLINE BlockWords<V> words(std::size_t u, std::size_t block, std::size_t part) const {
    return load_words<V, Format>(unit(u), block, part);
  }

  /// sums[c]: the words' products with column c's levels.
  template <class V, class Span, std::size_t kColumns>
  HOTSET_INLINE static void products(const BlockWords<V>& words, const ColumnBlock* columns,
                                     std::array<Word<V>, kColumns>& sums) {
    HOTSET_UNROLL
    for (std::size_t c = 0; c < kColumns; ++c) {
      sums[c].value = V::broadcast_word(0);
      if constexpr (Format::kOffsetBits > 0 && !kIsSigned<V, Format>) {
        const auto spread = V::broadcast_word(static_cast<std::uint32_t>(Span::offset(columns[c])));
        sums[c].value = V::template shift_left<Format::kOffsetBits>(spread);
      }
    }
    Span::template add_products<V, kIsSigned<V, Format>, most_level<Format>()>(words, columns, sums);
  }
};

/// Whether blocks of a unit share each column's scale, as in Q8_K: the unit's sums are multiplied with it in
/// the end (AVX-512, sixteen columns: Q4_K 1.04, Q6_K 1.09 times as fast).
template <class Format>
inline constexpr bool kSharesScale = Format::kBlocks* ColumnBlock::kValues == 256;

/// Adds to sums[c] what the words of one scale make with column c. scale_index: of a block or half of it.
template <class V, class Rows, class Span, std::size_t kColumns>
HOTSET_INLINE void multiply_scaled(const BlockWords<V>& words, const std::byte* unit, std::size_t scale_index,
                                   std::size_t part, const ColumnBlock* columns,
                                   std::array<Lane<V>, kColumns>& sums) {
  using Format = typename Rows::Format;
  const auto scale = Format::template scale<V>(unit, scale_index, part);
  typename V::Register least = scale;
  if constexpr (Format::kHasLeast) least = Format::template least<V>(unit, scale_index, part);
  std::array<Word<V>, kColumns> whole;
  Rows::template products<V, Span>(words, columns, whole);
  HOTSET_UNROLL
  for (std::size_t c = 0; c < kColumns; ++c) {
    const ColumnBlock& column = columns[c];
    typename V::Register factor = scale;
    if constexpr (!kSharesScale<Format>) factor = V::multiply(scale, V::broadcast(column.scale));
    auto& sum = sums[c].value;
    sum = V::multiply_add(V::to_float(whole[c].value), factor, sum);
    if constexpr (Format::kHasLeast) {
      sum = V::multiply_add(least, V::broadcast(Span::least_factor(column)), sum);
    }
  }
}

template <class V, class Rows, std::size_t kColumns>
HOTSET_INLINE void multiply_block(const Rows& rows, std::size_t u, std::size_t block, std::size_t part,
                                  const ColumnBlock* columns, std::array<Lane<V>, kColumns>& sums) {
  const BlockWords<V> words = rows.template words<V>(u, block, part);
  const std::byte* unit = rows.unit(u);
  if constexpr (Rows::Format::kHasHalves) {
    multiply_scaled<V, Rows, Scaled<0, 4>>(words, unit, 2 * block, part, columns, sums);
    multiply_scaled<V, Rows, Scaled<4, 8>>(words, unit, 2 * block + 1, part, columns, sums);
  } else {
    multiply_scaled<V, Rows, Scaled<0, 8>>(words, unit, block, part, columns, sums);
  }
}

/// A group's sixteen rows are for several registers. With one column they go side by side, so that every line
/// of weights comes from memory once and in turn (AVX2, two threads: Q4_K 1.13, Q8_0 1.3 times as fast). More
/// columns leave no registers for that.
template <class V, std::size_t kColumns>
inline constexpr std::size_t kPartsTogether = kColumns == 1 ? 16 / V::kWidth : 1;

/// Of some registers of rows each.
template <class V, std::size_t kColumns>
using PartSums = std::array<std::array<Lane<V>, kColumns>, kPartsTogether<V, kColumns>>;

template <class V, std::size_t kColumns>
HOTSET_INLINE void clear(PartSums<V, kColumns>& sums) {
  for (auto& part : sums) {
    for (auto& sum : part) sum.value = V::zero();
  }
}

/// Adds a unit's sums, multiplied with its columns' scales, to `totals`, and clears them.
template <class V, std::size_t kColumns>
HOTSET_INLINE void end_unit(const ColumnBlock* columns, PartSums<V, kColumns>& sums,
                            PartSums<V, kColumns>& totals) {
  for (std::size_t part = 0; part < sums.size(); ++part) {
    HOTSET_UNROLL
    for (std::size_t c = 0; c < kColumns; ++c) {
      auto& total = totals[part][c].value;
      total = V::multiply_add(sums[part][c].value, V::broadcast(columns[c].scale), total);
    }
  }
  clear<V, kColumns>(sums);
}

/// Puts the sums of the registers from `first` into their places among a group's products.
template <class V, class Rows, std::size_t kColumns>
HOTSET_INLINE void store_sums(const PartSums<V, kColumns>& sums, std::size_t first, float* products) {
  for (std::size_t part = 0; part < sums.size(); ++part) {
    for (std::size_t c = 0; c < kColumns; ++c) {
      auto sum = sums[part][c].value;
      if constexpr (Rows::kFactor != 1.0F) sum = V::multiply(sum, V::broadcast(Rows::kFactor));
      V::store(products + c * 16 + (first + part) * V::kWidth, sum);
    }
  }
}

/// stride: columns of the panel, of which kColumns are multiplied.
template <class V, std::size_t kColumns, class Rows>
void multiply_columns(const Rows& rows, std::size_t units, const ColumnBlock* panel, std::size_t stride,
                      float* products) {
  constexpr std::size_t kRows = 16;
  constexpr std::size_t kTogether = kPartsTogether<V, kColumns>;
  constexpr bool kByUnit = kSharesScale<typename Rows::Format>;
  for (std::size_t first = 0; first < kRows / V::kWidth; first += kTogether) {
    PartSums<V, kColumns> sums;
    PartSums<V, kColumns> totals;
    clear<V, kColumns>(sums);
    if constexpr (kByUnit) clear<V, kColumns>(totals);
    const ColumnBlock* columns = panel;
    for (std::size_t u = 0; u < units; ++u) {
      rows.prefetch_front(u);
      for (std::size_t block = 0; block < Rows::Format::kBlocks; ++block, columns += stride) {
        rows.prefetch_block(u, block);
        for (std::size_t part = 0; part < kTogether; ++part) {
          multiply_block<V, Rows, kColumns>(rows, u, block, first + part, columns, sums[part]);
        }
      }
      if constexpr (kByUnit) end_unit<V, kColumns>(columns - stride, sums, totals);
    }
    store_sums<V, Rows, kColumns>(kByUnit ? totals : sums, first, products);
  }
}

/// More columns than these, and fewer than the registers hold, go in two pieces: each number is code of its
/// own.
inline constexpr std::size_t kMostLeft = 8;

/// Multiplies as many columns at a time as the registers hold, then what is left.
template <class V, class Rows, std::size_t kColumns = V::kMostColumns>
void multiply_from(const Rows& rows, std::size_t units, const ColumnBlock* panel, std::size_t stride,
                   std::size_t column, float* products) {
  for (; column + kColumns <= stride; column += kColumns) {
    multiply_columns<V, kColumns>(rows, units, panel + column, stride, products + column * 16);
  }
  if constexpr (kColumns > 1) {
    constexpr std::size_t kFewer = kColumns > kMostLeft ? kMostLeft : kColumns - 1;
    multiply_from<V, Rows, kFewer>(rows, units, panel, stride, column, products);
  }
}

template <class V, class Rows>
void multiply_rows(const Rows& rows, int length, const ColumnBlock* panel, int columns, float* products) {
  const std::size_t units = static_cast<std::size_t>(length) / (Rows::Format::kBlocks * ColumnBlock::kValues);
  multiply_from<V>(rows, units, panel, static_cast<std::size_t>(columns), 0, products);
}

template <class V, class Format>
void multiply_group(const std::byte* group, int length, const ColumnBlock* panel, int columns,
                    float* products) {
  multiply_rows<V>(WholeRows<Format>{group}, length, panel, columns, products);
}

}  // namespace
}  // namespace hotset

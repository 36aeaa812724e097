// The product of a group of rows with up to kPanelColumns columns, written once over a vector type. Weights
// are taken apart once for all columns, of which the sums stay in registers. A column's additions have the
// same order however many there are. See lane.h for who may include this.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>

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

/// Bits of `line` that begin at `kFrom`, moved to begin at `kTo`, and no others of a byte.
template <class V, int kFrom, int kTo, unsigned kBits>
typename V::Integers move_bits(typename V::Integers line) {
  const auto mask = V::broadcast_word(0x01010101U * (((1U << kBits) - 1U) << kTo));
  if constexpr (kFrom > kTo) return V::bits_and(V::template shift_right<kFrom - kTo>(line), mask);
  if constexpr (kFrom < kTo) return V::bits_and(V::template shift_left<kTo - kFrom>(line), mask);
  return V::bits_and(line, mask);
}

template <class V, std::size_t kTo>
void add_bit_planes(typename V::Integers line, BlockWords<V>& words) {
  const auto put = [&]<int kN>() {
    Word<V>& word = words[kN];
    word.value = V::bits_or(word.value, move_bits<V, kN, kTo, 1>(line));
  };
  put.template operator()<0>();
  put.template operator()<1>();
  put.template operator()<2>();
  put.template operator()<3>();
  put.template operator()<4>();
  put.template operator()<5>();
  put.template operator()<6>();
  put.template operator()<7>();
}

/// Two bits of four words, to begin at bit kTo; kTo 0: the words are new.
template <class V, std::size_t kTo>
void put_two_bits(typename V::Integers line, std::size_t first, BlockWords<V>& words) {
  const auto put = [&]<int kN>() {
    Word<V>& word = words[first + kN];
    const auto bits = move_bits<V, 2 * kN, kTo, 2>(line);
    word.value = kTo == 0 ? bits : V::bits_or(word.value, bits);
  };
  put.template operator()<0>();
  put.template operator()<1>();
  put.template operator()<2>();
  put.template operator()<3>();
}

/// Whether levels are given their signs back, because they count from -128 and the instructions take no byte
/// above 127 without.
template <class V, class Format>
inline constexpr bool kIsSigned = Format::kOffsetBits == 7 && !V::kTakesWholeBytes;

/// The highest level of a format.
template <class Format>
constexpr int most_level() {
  int most = (1 << (Format::kLowBits + Format::kHighBits)) - 1;
  if constexpr (Format::kHasTable) {
    most = 0;
    for (const std::uint8_t value : Format::kValues) most = value > most ? value : most;
  }
  return most;
}

template <class V, class Format>
typename V::Integers finished(typename V::Integers word) {
  if constexpr (Format::kHasTable) word = V::look_up(Format::kValues.data(), word);
  if constexpr (kIsSigned<V, Format>) word = V::bits_xor(word, V::broadcast_word(0x80808080U));
  return word;
}

template <class V, class Format>
BlockWords<V> load_words(const std::byte* unit, std::size_t block, std::size_t part) {
  const std::byte* low =
      unit + Format::kFrontBytes + block * Format::kBlockBytes + part * V::kWidth * sizeof(float);
  const std::byte* high = low + Format::kLowBits * kGroupLine;
  BlockWords<V> words;
  if constexpr (Format::kLowBits == 8) {
    for (std::size_t i = 0; i < 8; ++i) {
      words[i].value = finished<V, Format>(V::load_bytes(low + i * kGroupLine));
    }
  } else if constexpr (Format::kLowBits == 4) {
    for (std::size_t i = 0; i < 4; ++i) {
      const auto both = V::load_bytes(low + i * kGroupLine);
      words[i].value = finished<V, Format>(move_bits<V, 0, 0, 4>(both));
      words[4 + i].value = finished<V, Format>(move_bits<V, 4, 0, 4>(both));
    }
  } else {
    for (std::size_t i = 0; i < 2; ++i) put_two_bits<V, 0>(V::load_bytes(low + i * kGroupLine), 4 * i, words);
  }
  if constexpr (Format::kHighBits == 1) add_bit_planes<V, Format::kLowBits>(V::load_bytes(high), words);
  if constexpr (Format::kHighBits == 2) {
    for (std::size_t i = 0; i < 2; ++i) {
      put_two_bits<V, Format::kLowBits>(V::load_bytes(high + i * kGroupLine), 4 * i, words);
    }
  }
  return words;
}

/// What a scale belongs to: words [kBegin, kEnd) of a block, all of them or a half.
template <std::size_t kBegin, std::size_t kEnd>
struct Scaled {
  static constexpr bool kIsHalf = kEnd - kBegin == 4;

  static std::int32_t offset(const ColumnBlock& column) {
    return kIsHalf ? column.half_offsets[kBegin / 4] : column.offset;
  }
  static float scaled_offset(const ColumnBlock& column) {
    return kIsHalf ? column.scaled_half_offsets[kBegin / 4] : column.scaled_offset;
  }

  /// sums + the words' products with a column's levels. kMost: no level of the weights is above.
  template <class V, bool kSigned, int kMost>
  static typename V::Integers add_products(typename V::Integers sums, const BlockWords<V>& words,
                                           const ColumnBlock& column) {
    constexpr std::size_t kTogether = kSigned ? 1 : V::pairs_together(kMost);
    if constexpr (kTogether > 1) {
      for (std::size_t i = kBegin; i < kEnd; i += kTogether) {
        auto pairs = V::multiply_pairs(words[i].value, four_levels<V>(column, i));
        for (std::size_t j = i + 1; j < i + kTogether && j < kEnd; ++j) {
          pairs = V::add_pairs(pairs, V::multiply_pairs(words[j].value, four_levels<V>(column, j)));
        }
        sums = V::add_up_pairs(sums, pairs);
      }
      return sums;
    }
    for (std::size_t i = kBegin; i < kEnd; ++i) {
      if constexpr (kSigned) {
        sums = V::dot_signed_bytes(sums, words[i].value, four_levels<V>(column, i));
      } else {
        sums = V::dot(sums, words[i].value, four_levels<V>(column, i));
      }
    }
    return sums;
  }

 private:
  /// Those that meet word i, for every row.
  template <class V>
  static typename V::Integers four_levels(const ColumnBlock& column, std::size_t i) {
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
  BlockWords<V> words(std::size_t u, std::size_t block, std::size_t part) const {
    return load_words<V, Format>(unit(u), block, part);
  }

  /// The words' products with a column's levels: whole numbers.
  template <class V, class Span>
  static typename V::Register products(const BlockWords<V>& words, const ColumnBlock& column) {
    auto sums = V::broadcast_word(0);
    if constexpr (Format::kOffsetBits > 0 && !kIsSigned<V, Format>) {
      const auto spread = V::broadcast_word(static_cast<std::uint32_t>(Span::offset(column)));
      sums = V::template shift_left<Format::kOffsetBits>(spread);
    }
    return V::to_float(
        Span::template add_products<V, kIsSigned<V, Format>, most_level<Format>()>(sums, words, column));
  }
};

/// Adds to sums[c] what the words of one scale make with column c. scale_index: of a block or half of it.
template <class V, class Rows, class Span, std::size_t kColumns>
void multiply_scaled(const BlockWords<V>& words, const std::byte* unit, std::size_t scale_index,
                     std::size_t part, const ColumnBlock* columns, std::array<Lane<V>, kColumns>& sums) {
  using Format = typename Rows::Format;
  const auto scale = Format::template scale<V>(unit, scale_index, part);
  typename V::Register least = scale;
  if constexpr (Format::kHasLeast) least = Format::template least<V>(unit, scale_index, part);
  for (std::size_t c = 0; c < kColumns; ++c) {
    const ColumnBlock& column = columns[c];
    const auto whole = Rows::template products<V, Span>(words, column);
    auto& sum = sums[c].value;
    sum = V::multiply_add(whole, V::multiply(scale, V::broadcast(column.scale)), sum);
    if constexpr (Format::kHasLeast) {
      sum = V::multiply_add(least, V::broadcast(Span::scaled_offset(column)), sum);
    }
  }
}

template <class V, class Rows, std::size_t kColumns>
void multiply_block(const Rows& rows, std::size_t u, std::size_t block, std::size_t part,
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

/// stride: columns of the panel, of which kColumns are multiplied.
template <class V, std::size_t kColumns, class Rows>
void multiply_columns(const Rows& rows, std::size_t units, const ColumnBlock* panel, std::size_t stride,
                      float* products) {
  constexpr std::size_t kRows = 16;
  for (std::size_t part = 0; part < kRows / V::kWidth; ++part) {
    std::array<Lane<V>, kColumns> sums;
    for (auto& sum : sums) sum.value = V::zero();
    const ColumnBlock* columns = panel;
    for (std::size_t u = 0; u < units; ++u) {
      rows.prefetch_front(u);
      for (std::size_t block = 0; block < Rows::Format::kBlocks; ++block, columns += stride) {
        rows.prefetch_block(u, block);
        multiply_block<V, Rows, kColumns>(rows, u, block, part, columns, sums);
      }
    }
    for (std::size_t c = 0; c < kColumns; ++c) {
      auto sum = sums[c].value;
      if constexpr (Rows::kFactor != 1.0F) sum = V::multiply(sum, V::broadcast(Rows::kFactor));
      V::store(products + c * kRows + part * V::kWidth, sum);
    }
  }
}

/// Multiplies as many columns at a time as the registers hold, then what is left in one go.
template <class V, class Rows, std::size_t kColumns = V::kMostColumns>
void multiply_from(const Rows& rows, std::size_t units, const ColumnBlock* panel, std::size_t stride,
                   std::size_t column, float* products) {
  for (; column + kColumns <= stride; column += kColumns) {
    multiply_columns<V, kColumns>(rows, units, panel + column, stride, products + column * 16);
  }
  if constexpr (kColumns > 1) {
    multiply_from<V, Rows, kColumns - 1>(rows, units, panel, stride, column, products);
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

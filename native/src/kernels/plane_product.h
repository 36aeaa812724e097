// The product of a group whose planes lie apart with up to kPanelColumns columns, of the coarse plane alone
// or of both, written once over a vector type. See lane.h for who may include this.
#pragma once

#include "kernels/group_product.h"
#include "kernels/plane_formats.h"

namespace hotset {
namespace {

/// The coarse plane in place of the rows.
template <class Division>
struct CoarseRows {
  using Format = typename Division::Whole;
  static constexpr float kFactor = 0.5F;  ///< whole numbers are twice what they stand for

  const std::byte* coarse;

  const std::byte* unit(std::size_t u) const { return coarse + u * Division::kCoarseBytes; }

  const std::byte* lines(std::size_t u, std::size_t block) const {
    return unit(u) + Format::kFrontBytes + block * Division::kCoarseBlockBytes;
  }

  void prefetch_front(std::size_t u) const { prefetch_bytes<Format::kFrontBytes>(unit(u) + kBytesAhead); }

  void prefetch_block(std::size_t u, std::size_t block) const {
    prefetch_bytes<Division::kCoarseBlockBytes>(lines(u, block) + kBytesAhead);
  }

  /// Levels that begin at bit kTo of a byte.
  template <class V, unsigned kTo = 0>
  HOTSET_INLINE BlockWords<V> words(std::size_t u, std::size_t block, std::size_t part) const {
    return read_lines<V, Division::kCoarseBits, kTo>(lines(u, block) + part * V::kWidth * sizeof(float));
  }

  template <class V, class Span, std::size_t kColumns>
  HOTSET_INLINE static void products(const BlockWords<V>& words, const ColumnBlock* columns,
                                     std::array<Word<V>, kColumns>& sums) {
    for (auto& sum : sums) sum.value = V::broadcast_word(0);
    Span::template add_products<V, false, 15>(words, columns, sums);
    for (std::size_t c = 0; c < kColumns; ++c) {
      const std::int32_t offset = Division::kTwiceOffset * Span::offset(columns[c]);
      sums[c].value = V::add(V::template shift_left<Division::kFineBits + 1>(sums[c].value),
                             V::broadcast_word(static_cast<std::uint32_t>(offset)));
    }
  }
};

/// Both planes: the very levels that lie together in WholeRows.
template <class Division>
struct PlaneRows {
  using Format = typename Division::Whole;
  static constexpr float kFactor = 1.0F;

  CoarseRows<Division> coarse;
  const std::byte* fine;

  const std::byte* unit(std::size_t u) const { return coarse.unit(u); }

  const std::byte* fine_lines(std::size_t u, std::size_t block) const {
    return fine + u * Division::kFineBytes + block * Division::kFineBlockBytes;
  }

  void prefetch_front(std::size_t u) const { coarse.prefetch_front(u); }

  void prefetch_block(std::size_t u, std::size_t block) const {
    coarse.prefetch_block(u, block);
    prefetch_bytes<Division::kFineBlockBytes>(fine_lines(u, block) + kBytesAhead);
  }

  template <class V>
  HOTSET_INLINE BlockWords<V> words(std::size_t u, std::size_t block, std::size_t part) const {
    auto words = coarse.template words<V, Division::kFineBits>(u, block, part);
    const auto low =
        read_lines<V, Division::kFineBits>(fine_lines(u, block) + part * V::kWidth * sizeof(float));
    for (std::size_t i = 0; i < 8; ++i) {
      words[i].value = finished<V, Format>(V::bits_or(words[i].value, low[i].value));
    }
    return words;
  }

  template <class V, class Span, std::size_t kColumns>
  HOTSET_INLINE static void products(const BlockWords<V>& words, const ColumnBlock* columns,
                                     std::array<Word<V>, kColumns>& sums) {
    WholeRows<Format>::template products<V, Span>(words, columns, sums);
  }
};

template <class V, class Division>
void multiply_coarse(const std::byte* coarse, int length, const ColumnBlock* panel, int columns,
                     float* products) {
  multiply_rows<V>(CoarseRows<Division>{coarse}, length, panel, columns, products);
}

template <class V, class Division>
void multiply_planes(const std::byte* coarse, const std::byte* fine, int length, const ColumnBlock* panel,
                     int columns, float* products) {
  multiply_rows<V>(PlaneRows<Division>{{coarse}, fine}, length, panel, columns, products);
}

}  // namespace
}  // namespace hotset

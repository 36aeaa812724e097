// Products with Q4_K and Q6_K weights: whole numbers multiplied in blocks of 256, scaled group by group while
// they are whole. AVX2 and up. See lane.h for who may include this.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/k_groups.h"
#include "kernels/kernels.h"
#include "kernels/lane.h"
#include "kernels/prefetch.h"
#include "kernels/quant_layout.h"
#include "kernels/vector_avx2.h"

namespace hotset {
namespace {

inline __m256i load_256(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }

/// The input of one block of 256 weights.
struct BlockInput {
  BlockInput(const Operand& operand, std::size_t block)
      : levels(operand.levels.data() + block * Q4KBlock::kWeights),
        sums(operand.sums.data() + block * Q4KBlock::kWeights / Operand::kSumLength),
        scale(operand.scales[block]) {}

  const std::int8_t* levels;
  const std::int16_t* sums;
  float scale;
};

/// Sums of 32 neighbouring levels, times the groups' least values.
inline __m128i dot_least(const Q4KGroups& groups, const BlockInput& input) {
  const __m256i sums = load_256(input.sums);
  const __m128i pairs = _mm_hadd_epi16(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  const __m128i least =
      _mm_cvtepu8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(groups.least.data())));
  return _mm_madd_epi16(pairs, least);
}

/// V: Avx2, AvxVnni or Vnni256.
template <class V>
float dot_q4_k_row(const std::byte* row, const std::byte* next, const Operand& operand, std::size_t blocks) {
  const auto* weights = reinterpret_cast<const Q4KBlock*>(row);
  const __m256i low = _mm256_set1_epi8(0xF);
  __m256 total = _mm256_setzero_ps();
  __m128 least_total = _mm_setzero_ps();
  for (std::size_t b = 0; b < blocks; ++b) {
    prefetch_bytes<sizeof(Q4KBlock)>(next + b * sizeof(Q4KBlock));
    const Q4KBlock& block = weights[b];
    const BlockInput input(operand, b);
    const Q4KGroups groups = read_groups(block);
    __m256i sums = _mm256_setzero_si256();
    for (std::size_t g = 0; g < Q4KBlock::kGroups; g += 2) {
      const __m256i two = load_256(block.levels.data() + g * 16);
      const __m256i high = _mm256_and_si256(_mm256_srli_epi16(two, 4), low);
      sums = V::dot_scaled(sums, _mm256_and_si256(two, low), load_256(input.levels + g * 32),
                           _mm256_set1_epi16(groups.scales[g]));
      sums = V::dot_scaled(sums, high, load_256(input.levels + g * 32 + 32),
                           _mm256_set1_epi16(groups.scales[g + 1]));
    }
    const __m256 scale = _mm256_set1_ps(from_half(block.scale) * input.scale);
    total = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), scale, total);
    const __m128 least = _mm_set1_ps(from_half(block.least) * input.scale);
    least_total = _mm_fmadd_ps(_mm_cvtepi32_ps(dot_least(groups, input)), least, least_total);
  }
  return Avx2::sum(_mm256_sub_ps(total, _mm256_zextps128_ps256(least_total)));
}

struct WholeBytes {
  using Register = __m256i;
};

/// Levels 0 to 127 of half a Q6_K block, 32 at a time.
inline std::array<Lane<WholeBytes>, 4> half_of_q6_k(const std::uint8_t* low, const std::uint8_t* high) {
  const __m256i four = _mm256_set1_epi8(0xF);
  const __m256i two = _mm256_set1_epi8(0x30);
  const __m256i first = load_256(low);
  const __m256i second = load_256(low + 32);
  const __m256i top = load_256(high);
  const auto join = [](__m256i bits, __m256i above) { return _mm256_or_si256(bits, above); };
  return {{{join(_mm256_and_si256(first, four), _mm256_and_si256(_mm256_slli_epi16(top, 4), two))},
           {join(_mm256_and_si256(second, four), _mm256_and_si256(_mm256_slli_epi16(top, 2), two))},
           {join(_mm256_and_si256(_mm256_srli_epi16(first, 4), four), _mm256_and_si256(top, two))},
           {join(_mm256_and_si256(_mm256_srli_epi16(second, 4), four),
                 _mm256_and_si256(_mm256_srli_epi16(top, 2), two))}}};
}

/// Scales of groups 2 * pair and 2 * pair + 1, each for the sixteen levels of its half register.
inline __m256i two_scales(__m128i scales, std::size_t pair) {
  const __m128i first = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  const __m128i index = _mm_add_epi8(first, _mm_set1_epi8(static_cast<char>(2 * pair)));
  return _mm256_cvtepi8_epi16(_mm_shuffle_epi8(scales, index));
}

/// V: Avx2, AvxVnni or Vnni256.
template <class V>
float dot_q6_k_row(const std::byte* row, const std::byte* next, const Operand& operand, std::size_t blocks) {
  const auto* weights = reinterpret_cast<const Q6KBlock*>(row);
  __m256 total = _mm256_setzero_ps();
  for (std::size_t b = 0; b < blocks; ++b) {
    prefetch_bytes<sizeof(Q6KBlock)>(next + b * sizeof(Q6KBlock));
    const Q6KBlock& block = weights[b];
    const BlockInput input(operand, b);
    const __m128i scales = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block.groups.data()));
    __m256i sums = _mm256_setzero_si256();
    for (std::size_t half = 0; half < 2; ++half) {
      const auto levels = half_of_q6_k(block.low.data() + half * 64, block.high.data() + half * 32);
      for (std::size_t p = 0; p < 4; ++p) {
        const std::size_t pair = half * 4 + p;
        sums = V::dot_scaled(sums, levels[p].value, load_256(input.levels + pair * 32),
                             two_scales(scales, pair));
      }
    }
    // Levels count from -32.
    const __m256i offset = _mm256_madd_epi16(load_256(input.sums), _mm256_cvtepi8_epi16(scales));
    sums = _mm256_sub_epi32(sums, _mm256_slli_epi32(offset, 5));
    const __m256 scale = _mm256_set1_ps(from_half(block.scale) * input.scale);
    total = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), scale, total);
  }
  return Avx2::sum(total);
}

using DotRow = float (*)(const std::byte* row, const std::byte* next, const Operand& operand,
                         std::size_t blocks);

template <class Block, DotRow kDotRow>
void dot_each(const std::byte* const* rows, int count, const Operand& operand, int length, float* products) {
  const auto all = static_cast<std::size_t>(count);
  const std::size_t blocks = static_cast<std::size_t>(length) / Block::kWeights;
  const std::size_t ahead = rows_ahead(blocks * sizeof(Block));
  for (std::size_t r = 0; r < all; ++r) {
    const std::byte* next = rows[r + ahead < all ? r + ahead : r];
    products[r] = kDotRow(rows[r], next, operand, blocks);
  }
}

}  // namespace
}  // namespace hotset

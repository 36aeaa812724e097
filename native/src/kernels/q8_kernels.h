// The kernels for Q8_0 weights: whole numbers multiplied in blocks of 32, one scale for each. AVX2 and up.
//
// See float_kernels.h for who may include this.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/float_kernels.h"
#include "kernels/kernels.h"

namespace hotset {
namespace {

/// Eight numbers; in a struct because a bare register type makes no template argument.
struct Lanes {
  __m256 value;
};

inline float from_half(std::uint16_t half) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half))); }

inline float rounded_to_half(float value) {
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtps_ph(_mm_set_ss(value), _MM_FROUND_TO_NEAREST_INT)));
}

inline constexpr std::size_t kBlock = kQ8BlockLength;

/// As ggml stores it.
struct Q8Block {
  std::uint16_t scale;  ///< F16
  std::array<std::int8_t, kBlock> levels;
};
static_assert(sizeof(Q8Block) == 34);

/// V offers dot8(weights, levels): eight sums of four products of 8-bit numbers each.
template <class V, std::size_t kRows>
void dot_q8_rows(const std::byte* first_row, std::size_t stride, const Operand& operand, int length,
                 float* products) {
  std::array<const Q8Block*, kRows> rows;
  std::array<Lanes, kRows> sums;
  for (std::size_t r = 0; r < kRows; ++r) {
    rows[r] = reinterpret_cast<const Q8Block*>(first_row + stride * r);
    sums[r].value = _mm256_setzero_ps();
  }
  const std::size_t blocks = static_cast<std::size_t>(length) / kBlock;
  const std::int8_t* input = operand.levels.data();
  const float* scales = operand.scales.data();
  for (std::size_t b = 0; b < blocks; ++b) {
    const __m256i levels = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(input + b * kBlock));
    for (std::size_t r = 0; r < kRows; ++r) {
      const __m256i weights = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[r][b].levels.data()));
      const __m256 whole = _mm256_cvtepi32_ps(V::dot8(weights, levels));
      const __m256 scale = _mm256_set1_ps(from_half(rows[r][b].scale) * scales[b]);
      sums[r].value = _mm256_fmadd_ps(whole, scale, sums[r].value);
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    const __m256 eight = sums[r].value;
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    products[r] = _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
}

template <class V>
void dot_q8(const std::byte* first_row, std::size_t stride, int count, const Operand& operand, int length,
            float* products) {
  const auto rows = static_cast<std::size_t>(count);
  std::size_t r = 0;
  for (; stride < kLongRow && r + 4 <= rows; r += 4) {
    dot_q8_rows<V, 4>(first_row + stride * r, stride, operand, length, products + r);
  }
  for (; r < rows; ++r) {
    dot_q8_rows<V, 1>(first_row + stride * r, stride, operand, length, products + r);
  }
}

/// One block: returns the scale, writes levels and values.
inline float round_q8_block(const float* x, std::int8_t* levels, float* values) {
  const __m256 sign = _mm256_set1_ps(-0.0F);
  std::array<Lanes, 4> parts;
  __m256 largest = _mm256_setzero_ps();
  for (std::size_t p = 0; p < 4; ++p) {
    parts[p].value = _mm256_loadu_ps(x + 8 * p);
    largest = _mm256_max_ps(largest, _mm256_andnot_ps(sign, parts[p].value));
  }
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(largest), _mm256_extractf128_ps(largest, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  const float magnitude = _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
  const float scale = rounded_to_half(magnitude / 127.0F);
  const __m256 inverse = _mm256_set1_ps(magnitude > 0.0F ? 127.0F / magnitude : 0.0F);
  for (std::size_t p = 0; p < 4; ++p) {
    const __m256i whole = _mm256_cvtps_epi32(_mm256_mul_ps(parts[p].value, inverse));
    _mm256_storeu_ps(values + 8 * p, _mm256_mul_ps(_mm256_cvtepi32_ps(whole), _mm256_set1_ps(scale)));
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(levels + 8 * p), _mm_packs_epi16(words, words));
  }
  return scale;
}

inline void round_blocks8(const float* x, int length, Operand& operand) {
  std::int8_t* levels = operand.levels.data();
  float* values = operand.values.data();
  float* scales = operand.scales.data();
  const std::size_t blocks = static_cast<std::size_t>(length) / kBlock;
  for (std::size_t b = 0; b < blocks; ++b) {
    scales[b] = round_q8_block(x + b * kBlock, levels + b * kBlock, values + b * kBlock);
  }
}

inline void round_half(const float* x, int length, Operand& operand) {
  float* values = operand.values.data();
  int i = 0;
  for (; i + 8 <= length; i += 8) {
    const __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT);
    _mm256_storeu_ps(values + i, _mm256_cvtph_ps(half));
  }
  for (; i < length; ++i) values[i] = rounded_to_half(x[i]);
}

}  // namespace
}  // namespace hotset

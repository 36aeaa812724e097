// Rounding an input, with AVX2. See lane.h for who may include this.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/q4_0_layout.h"
#include "kernels/vector_avx2.h"

namespace hotset {
namespace {

inline constexpr std::size_t kLargeBlock = 256;

/// A block's levels for packed Q4_0, turned like the weights, and their sums.
inline void turn_block(const std::int8_t* levels, std::size_t block, Operand& operand) {
  constexpr std::size_t kHalf = Operand::kTurnedLevels / 2;
  const __m256i order =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const __m256i turned =
      _mm256_shuffle_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(levels)), order);
  std::int8_t* to =
      operand.turned.data() + block / 4 * Operand::kTurnedLevels + block % 4 * q4_0::kLevelBytes;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(turned));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to + kHalf), _mm256_extracti128_si256(turned, 1));
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(8), turned);
  const __m256i words = _mm256_madd_epi16(pairs, _mm256_set1_epi16(-1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(operand.offsets.data() + block * 4),
                   _mm_add_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}

/// One block: returns the scale, writes levels and values.
inline float round_q8_block(const float* x, std::int8_t* levels, float* values) {
  const __m256 sign = _mm256_set1_ps(-0.0F);
  std::array<Lane<Avx2>, 4> parts;
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
  const std::size_t blocks = static_cast<std::size_t>(length) / kQ8BlockLength;
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t at = b * kQ8BlockLength;
    scales[b] = round_q8_block(x + at, levels + at, values + at);
    turn_block(levels + at, b, operand);
  }
}

/// The first value of the largest magnitude among 256.
inline float extreme_of(const float* x) {
  const __m256 sign = _mm256_set1_ps(-0.0F);
  __m256 largest = _mm256_setzero_ps();
  for (std::size_t i = 0; i < kLargeBlock; i += 8) {
    largest = _mm256_max_ps(largest, _mm256_andnot_ps(sign, _mm256_loadu_ps(x + i)));
  }
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(largest), _mm256_extractf128_ps(largest, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  const float magnitude = _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
  std::size_t i = 0;
  while (i + 1 < kLargeBlock && x[i] != magnitude && x[i] != -magnitude) ++i;
  return x[i];
}

inline std::int16_t sum_of_16(const std::int8_t* levels) {
  const __m256i words = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(levels)));
  const __m256i pairs = _mm256_madd_epi16(words, _mm256_set1_epi16(1));
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
  const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return static_cast<std::int16_t>(_mm_cvtsi128_si32(two) + _mm_extract_epi32(two, 1));
}

/// Q8_K, see scalar.cpp.
inline void round_blocks8k(const float* x, int length, Operand& operand) {
  for (std::size_t begin = 0; begin < static_cast<std::size_t>(length); begin += kLargeBlock) {
    const float extreme = extreme_of(x + begin);
    const float inverse = extreme != 0.0F ? -127.0F / extreme : 0.0F;
    const float scale = inverse != 0.0F ? 1.0F / inverse : 0.0F;
    operand.scales[begin / kLargeBlock] = scale;
    for (std::size_t i = begin; i < begin + kLargeBlock; i += 8) {
      const __m256i nearest =
          _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + i), _mm256_set1_ps(inverse)));
      const __m256i whole = _mm256_min_epi32(nearest, _mm256_set1_epi32(127));
      _mm256_storeu_ps(operand.values.data() + i,
                       _mm256_mul_ps(_mm256_cvtepi32_ps(whole), _mm256_set1_ps(scale)));
      const __m128i words =
          _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(operand.levels.data() + i), _mm_packs_epi16(words, words));
    }
    for (std::size_t i = begin; i < begin + kLargeBlock; i += Operand::kSumLength) {
      operand.sums[i / Operand::kSumLength] = sum_of_16(operand.levels.data() + i);
    }
  }
}

/// To the nearest BF16, ties to even; what is no number stays none.
inline void round_brain(const float* x, int length, Operand& operand) {
  float* values = operand.values.data();
  int i = 0;
  for (; i + 8 <= length; i += 8) {
    const __m256 value = _mm256_loadu_ps(x + i);
    const __m256i bits = _mm256_castps_si256(value);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i up = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
    const __m256 no_number = _mm256_castsi256_ps(_mm256_or_si256(bits, _mm256_set1_epi32(0x00400000)));
    const __m256 is_none = _mm256_cmp_ps(value, value, _CMP_UNORD_Q);
    const __m256 rounded = _mm256_blendv_ps(_mm256_castsi256_ps(up), no_number, is_none);
    const __m256 kept = _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(0xFFFF0000U)));
    _mm256_storeu_ps(values + i, _mm256_and_ps(rounded, kept));
  }
  for (; i < length; ++i) values[i] = ggml_bf16_to_fp32(ggml_fp32_to_bf16(x[i]));
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

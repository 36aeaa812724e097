// Vectors of AVX2, FMA and F16C. See lane.h for who may include this.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/lane.h"

namespace hotset {
namespace {

inline float from_half(std::uint16_t half) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half))); }

inline float rounded_to_half(float value) {
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtps_ph(_mm_set_ss(value), _MM_FROUND_TO_NEAREST_INT)));
}

struct Avx2 {
  using Register = __m256;
  using Integers = __m256i;
  static constexpr std::size_t kWidth = 8;
  /// Lanes of four: a block of packed Q4_0 fills one.
  static constexpr std::size_t kQuads = 2;
  /// dot() takes unsigned bytes above 127.
  static constexpr bool kTakesWholeBytes = false;
  /// Columns of which the registers hold the sums.
  static constexpr std::size_t kMostColumns = 8;
  static constexpr bool kWordByWord = false;

  static Register zero() { return _mm256_setzero_ps(); }
  static Register broadcast(float value) { return _mm256_set1_ps(value); }
  static Register load(const float* from) { return _mm256_loadu_ps(from); }
  static Register load(const Half* from) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static Register load(const Brain* from) {
    const __m256i words = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(words, 16));
  }
  static Register load(const std::int8_t* from) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
  }
  static float single(float value) { return value; }
  static float single(Half value) { return from_half(value.bits); }
  static float single(Brain value) {
    const auto bits = static_cast<int>(std::uint32_t{value.bits} << 16U);
    return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(bits)));
  }
  static void store(float* to, Register value) { _mm256_storeu_ps(to, value); }
  static Register add(Register a, Register b) { return _mm256_add_ps(a, b); }
  static Register multiply(Register a, Register b) { return _mm256_mul_ps(a, b); }
  static Register multiply_add(Register a, Register b, Register c) { return _mm256_fmadd_ps(a, b, c); }
  static Register divide(Register a, Register b) { return _mm256_div_ps(a, b); }
  static Register smaller(Register a, Register b) { return _mm256_min_ps(a, b); }
  static Register larger(Register a, Register b) { return _mm256_max_ps(a, b); }
  static Register magnitude(Register value) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), value); }
  static float rounded_to_half(float value) { return hotset::rounded_to_half(value); }
  static float largest(Register value) {
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
  }
  static float sum(Register value) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }

  static Integers load_bytes(const void* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  /// The first `quads` times 16 bytes, zero behind them.
  static Integers load_some(const void* from, std::size_t quads) {
    if (quads >= kQuads) return load_bytes(from);
    return _mm256_zextsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static Integers load_words(const std::uint8_t* from) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  }
  static Integers load_words(const std::int8_t* from) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  }
  static void store_words(std::int32_t* to, Integers value) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), value);
  }
  static Integers broadcast_word(std::uint32_t word) { return _mm256_set1_epi32(static_cast<int>(word)); }
  static Integers bits_and(Integers a, Integers b) { return _mm256_and_si256(a, b); }
  template <int kBits>
  static Integers shift_right(Integers value) {
    return _mm256_srli_epi32(value, kBits);
  }
  static Integers bits_or(Integers a, Integers b) { return _mm256_or_si256(a, b); }
  static Integers bits_xor(Integers a, Integers b) { return _mm256_xor_si256(a, b); }
  template <int kBits>
  static Integers shift_left(Integers value) {
    return _mm256_slli_epi32(value, kBits);
  }
  static Integers add(Integers a, Integers b) { return _mm256_add_epi32(a, b); }
  static Integers to_nearest(Register value) { return _mm256_cvtps_epi32(value); }
  static Register same_bits(Integers value) { return _mm256_castsi256_ps(value); }
  static Register to_float(Integers value) { return _mm256_cvtepi32_ps(value); }
  /// sums + four products of bytes in each word; two neighbouring ones may not exceed 16 bits.
  static Integers dot(Integers sums, Integers unsigned_bytes, Integers signed_bytes) {
    const __m256i pairs = _mm256_maddubs_epi16(unsigned_bytes, signed_bytes);
    return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  /// How often pairs of products of bytes add up within 16 bits, of which the unsigned ones are at most
  /// `most`: an addition costs less than half of what it takes to widen them.
  static constexpr std::size_t pairs_together(int most) {
    const int times = 32767 / (2 * 127 * most);
    return times >= 8 ? 8 : times >= 4 ? 4 : times >= 2 ? 2 : 1;
  }
  static Integers multiply_pairs(Integers unsigned_bytes, Integers signed_bytes) {
    return _mm256_maddubs_epi16(unsigned_bytes, signed_bytes);
  }
  static Integers add_pairs(Integers a, Integers b) { return _mm256_add_epi16(a, b); }
  /// sums + the two pairs in each word.
  static Integers add_up_pairs(Integers sums, Integers pairs) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  /// As dot(), with signs on both sides.
  static Integers dot_signed_bytes(Integers sums, Integers weights, Integers levels) {
    return _mm256_add_epi32(sums, dot_signed(weights, levels));
  }
  /// The byte of `table` at each byte of `places`. table: 16 bytes.
  static Integers look_up(const std::uint8_t* table, Integers places) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), places);
  }
  /// One number of `values` for each lane of four, from number step * kQuads.
  static Register spread(Register values, std::size_t step) {
    const __m256i first = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    const __m256i index = _mm256_add_epi32(first, _mm256_set1_epi32(static_cast<int>(step * kQuads)));
    return _mm256_permutevar8x32_ps(values, index);
  }
  /// Lane q of registers 0 to 3, one behind the other, for every q: four numbers are an element.
  static std::array<Lane<Avx2>, 4> transpose(const std::array<Lane<Avx2>, 4>& rows) {
    return {{{_mm256_permute2f128_ps(rows[0].value, rows[1].value, 0x20)},
             {_mm256_permute2f128_ps(rows[2].value, rows[3].value, 0x20)},
             {_mm256_permute2f128_ps(rows[0].value, rows[1].value, 0x31)},
             {_mm256_permute2f128_ps(rows[2].value, rows[3].value, 0x31)}}};
  }

  /// Eight sums of four products of bytes, both with signs.
  static __m256i dot_signed(__m256i weights, __m256i levels) {
    // The instruction wants one unsigned side: the weights' signs move over. Two products of at most 128 *
    // 127 fit 16 bits.
    return dot(_mm256_setzero_si256(), _mm256_abs_epi8(weights), _mm256_sign_epi8(levels, weights));
  }
  /// sums + scale * four products of bytes in each word, scales of 16 bits one for two products.
  static __m256i dot_scaled(__m256i sums, __m256i unsigned_bytes, __m256i signed_bytes, __m256i scales) {
    const __m256i pairs = _mm256_maddubs_epi16(unsigned_bytes, signed_bytes);
    return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, scales));
  }
};

}  // namespace
}  // namespace hotset

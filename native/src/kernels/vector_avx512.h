// Vectors of AVX-512 (F, BW, VL, VNNI). See lane.h for who may include this.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/lane.h"
#include "kernels/vector_avx2.h"

namespace hotset {
namespace {

// Masked forms with every bit set: GCC 12 takes the plain ones for reads of an uninitialised register.
struct Avx512 {
  using Register = __m512;
  using Integers = __m512i;
  static constexpr std::size_t kWidth = 16;
  /// Lanes of four: a block of packed Q4_0 fills one.
  static constexpr std::size_t kQuads = 4;
  /// dot() takes unsigned bytes above 127.
  static constexpr bool kTakesWholeBytes = true;
  /// Whether the sums of all columns stay in registers from word to word: additions of one column wait for
  /// each other, those of different columns do not.
  static constexpr bool kWordByWord = true;
  /// Columns of which the registers hold the sums.
  static constexpr std::size_t kMostColumns = 16;
  /// One: dot() is as good as sums of 16 bits.
  static constexpr std::size_t pairs_together(int /*most*/) { return 1; }

  static Register zero() { return _mm512_setzero_ps(); }
  static Register broadcast(float value) { return _mm512_set1_ps(value); }
  static Register load(const float* from) { return _mm512_loadu_ps(from); }
  static Register load(const Half* from) {
    return _mm512_maskz_cvtph_ps(0xFFFF, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  static Register load(const Brain* from) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return _mm512_castsi512_ps(
        _mm512_maskz_slli_epi32(0xFFFF, _mm512_maskz_cvtepu16_epi32(0xFFFF, halves), 16));
  }
  static Register load(const std::int8_t* from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return to_float(_mm512_maskz_cvtepi8_epi32(0xFFFF, bytes));
  }
  template <class T>
  static float single(T value) {
    return Avx2::single(value);
  }
  static void store(float* to, Register value) { _mm512_storeu_ps(to, value); }
  static Register add(Register a, Register b) { return _mm512_add_ps(a, b); }
  static Register multiply(Register a, Register b) { return _mm512_mul_ps(a, b); }
  static Register multiply_add(Register a, Register b, Register c) { return _mm512_fmadd_ps(a, b, c); }
  static Register divide(Register a, Register b) { return _mm512_div_ps(a, b); }
  static Register smaller(Register a, Register b) { return _mm512_maskz_min_ps(0xFFFF, a, b); }
  static Register larger(Register a, Register b) { return _mm512_maskz_max_ps(0xFFFF, a, b); }
  static Register magnitude(Register value) {
    return same_bits(bits_and(_mm512_castps_si512(value), broadcast_word(0x7FFFFFFFU)));
  }
  static float rounded_to_half(float value) { return Avx2::rounded_to_half(value); }
  static float largest(Register value) { return Avx2::largest(Avx2::larger(half<0>(value), half<1>(value))); }
  static float sum(Register value) { return Avx2::sum(_mm256_add_ps(half<0>(value), half<1>(value))); }
  template <int kHalf>
  static __m256 half(Register value) {
    return _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xF, _mm512_castps_pd(value), kHalf));
  }

  static Integers load_bytes(const void* from) { return _mm512_loadu_si512(from); }
  /// The first `quads` times 16 bytes, zero behind them.
  static Integers load_some(const void* from, std::size_t quads) {
    if (quads >= kQuads) return load_bytes(from);
    return _mm512_maskz_loadu_epi32(static_cast<__mmask16>((1U << (4 * quads)) - 1), from);
  }
  static Integers load_words(const std::uint8_t* from) {
    return _mm512_maskz_cvtepu8_epi32(0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static Integers load_words(const std::int8_t* from) {
    return _mm512_maskz_cvtepi8_epi32(0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static void store_words(std::int32_t* to, Integers value) { _mm512_storeu_si512(to, value); }
  static Integers broadcast_word(std::uint32_t word) { return _mm512_set1_epi32(static_cast<int>(word)); }
  static Integers bits_and(Integers a, Integers b) { return _mm512_and_si512(a, b); }
  template <int kBits>
  static Integers shift_right(Integers value) {
    return _mm512_maskz_srli_epi32(0xFFFF, value, kBits);
  }
  static Integers bits_or(Integers a, Integers b) { return _mm512_or_si512(a, b); }
  static Integers bits_xor(Integers a, Integers b) { return _mm512_xor_si512(a, b); }
  template <int kBits>
  static Integers shift_left(Integers value) {
    return _mm512_maskz_slli_epi32(0xFFFF, value, kBits);
  }
  static Integers add(Integers a, Integers b) { return _mm512_add_epi32(a, b); }
  static Integers to_nearest(Register value) { return _mm512_maskz_cvtps_epi32(0xFFFF, value); }
  static Register same_bits(Integers value) { return _mm512_castsi512_ps(value); }
  static Register to_float(Integers value) { return _mm512_maskz_cvtepi32_ps(0xFFFF, value); }
  /// sums + four products of bytes in each word.
  static Integers dot(Integers sums, Integers unsigned_bytes, Integers signed_bytes) {
    return _mm512_dpbusd_epi32(sums, unsigned_bytes, signed_bytes);
  }
#ifdef __GNUC__
  /// dot() with four signed bytes for every word. One instruction reads, spreads and multiplies them, which
  /// GCC 12 does not find: products are up to a fifth faster with it.
  static Integers dot_four(Integers sums, Integers unsigned_bytes, const std::int8_t* four) {
    asm("vpdpbusd %2%{1to16%}, %1, %0"
        : "+v"(sums)
        : "v"(unsigned_bytes), "m"(*reinterpret_cast<const std::array<std::int8_t, 4>*>(four)));
    return sums;
  }
#endif
  /// The byte of `table` at each byte of `places`. table: 16 bytes.
  static Integers look_up(const std::uint8_t* table, Integers places) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
    return _mm512_maskz_shuffle_epi8(~__mmask64{0}, _mm512_maskz_broadcast_i32x4(0xFFFF, bytes), places);
  }
  /// One number of `values` for each lane of four, from number step * kQuads.
  static Register spread(Register values, std::size_t step) {
    const __m512i first = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    const __m512i index = _mm512_add_epi32(first, _mm512_set1_epi32(static_cast<int>(step * kQuads)));
    return _mm512_maskz_permutexvar_ps(0xFFFF, index, values);
  }
  /// Lane q of registers 0 to 3, one behind the other, for every q: four numbers are an element.
  static std::array<Lane<Avx512>, 4> transpose(const std::array<Lane<Avx512>, 4>& rows) {
    const __m512 even01 = shuffle<0x88>(rows[0].value, rows[1].value);  // 0.0 0.2 1.0 1.2
    const __m512 even23 = shuffle<0x88>(rows[2].value, rows[3].value);
    const __m512 odd01 = shuffle<0xDD>(rows[0].value, rows[1].value);  // 0.1 0.3 1.1 1.3
    const __m512 odd23 = shuffle<0xDD>(rows[2].value, rows[3].value);
    return {{{shuffle<0x88>(even01, even23)},
             {shuffle<0x88>(odd01, odd23)},
             {shuffle<0xDD>(even01, even23)},
             {shuffle<0xDD>(odd01, odd23)}}};
  }
  template <int kOrder>
  static Register shuffle(Register a, Register b) {
    return _mm512_maskz_shuffle_f32x4(0xFFFF, a, b, kOrder);
  }
};

/// Registers of AVX2 with the products of VNNI.
struct Vnni256 : Avx2 {
  static __m256i dot_signed(__m256i weights, __m256i levels) {
    return _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_abs_epi8(weights),
                               _mm256_sign_epi8(levels, weights));
  }
  static __m256i dot_scaled(__m256i sums, __m256i unsigned_bytes, __m256i signed_bytes, __m256i scales) {
    return _mm256_dpwssd_epi32(sums, _mm256_maddubs_epi16(unsigned_bytes, signed_bytes), scales);
  }
};

}  // namespace
}  // namespace hotset

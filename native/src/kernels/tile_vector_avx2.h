// What attention's tiles need of AVX2's vectors. See lane.h for who may include this.
#pragma once

#include "kernels/vector_avx2.h"

namespace hotset {
namespace {

/// Not bare, as Lane.
struct EightHalves {
  __m128i bits;
};

struct TileAvx2 : Avx2 {
  /// Registers of a tile's row at once: with six rows of queries all sums stay in registers.
  static constexpr std::size_t kTileRegisters = 2;
  /// Of a row of the cache at once, where values are added without a tile; 0: a tile is as fast.
  static constexpr std::size_t kDirectRegisters = 0;

  static Register maximum(Register a, Register b) { return _mm256_max_ps(a, b); }
  static float largest(Register value) {
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
  }
  static Register round(Register value) {
    return _mm256_round_ps(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// value * 2^n, both normal numbers.
  static Register times_power_of_two(Register value, Register n) {
    const __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(value), exponent));
  }
  /// Zero where x is below the bound.
  static Register zero_below(Register value, Register x, Register bound) {
    return _mm256_and_ps(value, _mm256_cmp_ps(x, bound, _CMP_GE_OQ));
  }

  static Register low_singles(Register a, Register b) { return _mm256_unpacklo_ps(a, b); }
  static Register high_singles(Register a, Register b) { return _mm256_unpackhi_ps(a, b); }
  static Register low_pairs(Register a, Register b) {
    return _mm256_castpd_ps(_mm256_unpacklo_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)));
  }
  static Register high_pairs(Register a, Register b) {
    return _mm256_castpd_ps(_mm256_unpackhi_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)));
  }
  static void turn_lanes(std::array<Lane<TileAvx2>, kWidth>& square) {
    for (std::size_t c = 0; c < 4; ++c) {
      const __m256 first = square[c].value;
      const __m256 last = square[c + 4].value;
      square[c].value = _mm256_permute2f128_ps(first, last, 0x20);
      square[c + 4].value = _mm256_permute2f128_ps(first, last, 0x31);
    }
  }

  static constexpr bool kTurnsHalves = true;

  /// Eight values from `begin` of each of eight rows, turned and then converted: with 16 bits a value eight
  /// fill half a register, and none crosses from one half to the other, which is slow where a processor has
  /// 128 bits at a time. Value begin + i of all rows goes to turned[i * stride].
  HOTSET_INLINE static void turn_halves(const std::byte* const* rows, std::size_t begin, float* turned,
                                        std::size_t stride) {
    std::array<EightHalves, kWidth> square;
    for (std::size_t r = 0; r < kWidth; ++r) {
      const Half* row = reinterpret_cast<const Half*>(rows[r]) + begin;
      square[r].bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row));
    }
    // Each time what is twice as wide comes together of two rows: pairs of neighbours, then of pairs, then of
    // halves.
    std::array<EightHalves, kWidth> pairs;
    for (std::size_t r = 0; r < kWidth; r += 2) {
      pairs[r].bits = _mm_unpacklo_epi16(square[r].bits, square[r + 1].bits);
      pairs[r + 1].bits = _mm_unpackhi_epi16(square[r].bits, square[r + 1].bits);
    }
    std::array<EightHalves, kWidth> fours;
    for (std::size_t r = 0; r < kWidth; r += 4) {
      fours[r].bits = _mm_unpacklo_epi32(pairs[r].bits, pairs[r + 2].bits);
      fours[r + 1].bits = _mm_unpackhi_epi32(pairs[r].bits, pairs[r + 2].bits);
      fours[r + 2].bits = _mm_unpacklo_epi32(pairs[r + 1].bits, pairs[r + 3].bits);
      fours[r + 3].bits = _mm_unpackhi_epi32(pairs[r + 1].bits, pairs[r + 3].bits);
    }
    for (std::size_t c = 0; c < 4; ++c, turned += 2 * stride) {
      const __m128i first = fours[c].bits;
      const __m128i last = fours[c + 4].bits;
      store(turned, _mm256_cvtph_ps(_mm_unpacklo_epi64(first, last)));
      store(turned + stride, _mm256_cvtph_ps(_mm_unpackhi_epi64(first, last)));
    }
  }
};

}  // namespace
}  // namespace hotset

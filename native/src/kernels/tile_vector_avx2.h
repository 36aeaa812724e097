// What attention's tiles need of AVX2's vectors. See lane.h for who may include this.
#pragma once

#include "kernels/vector_avx2.h"

namespace hotset {
namespace {

struct TileAvx2 : Avx2 {
  /// Registers of a tile's row at once: with six rows of queries all sums stay in registers.
  static constexpr std::size_t kTileRegisters = 2;

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

  // In every lane of four: the first or last two of a and b by turns, as numbers or as pairs of them.
  static Register low_singles(Register a, Register b) { return _mm256_unpacklo_ps(a, b); }
  static Register high_singles(Register a, Register b) { return _mm256_unpackhi_ps(a, b); }
  static Register low_pairs(Register a, Register b) {
    return _mm256_castpd_ps(_mm256_unpacklo_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)));
  }
  static Register high_pairs(Register a, Register b) {
    return _mm256_castpd_ps(_mm256_unpackhi_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)));
  }
  /// Registers 4 g + c hold column 4 l + c of rows 4 g to 4 g + 3 in lane l. Afterwards register 4 l + c
  /// holds that column of all rows.
  static void turn_lanes(std::array<Lane<TileAvx2>, kWidth>& square) {
    for (std::size_t c = 0; c < 4; ++c) {
      const Register first = square[c].value;
      const Register second = square[c + 4].value;
      square[c].value = _mm256_permute2f128_ps(first, second, 0x20);
      square[c + 4].value = _mm256_permute2f128_ps(first, second, 0x31);
    }
  }
};

}  // namespace
}  // namespace hotset

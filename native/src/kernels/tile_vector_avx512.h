// What attention's tiles need of AVX-512's vectors. See lane.h for who may include this.
#pragma once

#include "kernels/tile_vector_avx2.h"
#include "kernels/vector_avx512.h"

namespace hotset {
namespace {

// Masked forms with every bit set: see Avx512.
struct TileAvx512 : Avx512 {
  /// See TileAvx2.
  static constexpr std::size_t kTileRegisters = 4;
  static constexpr std::size_t kDirectRegisters = 2;
  static constexpr bool kTurnsHalves = false;

  static Register maximum(Register a, Register b) { return _mm512_maskz_max_ps(0xFFFF, a, b); }
  static float largest(Register value) {
    return TileAvx2::largest(TileAvx2::maximum(half<0>(value), half<1>(value)));
  }
  static Register round(Register value) {
    return _mm512_maskz_roundscale_ps(0xFFFF, value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static Register times_power_of_two(Register value, Register n) {
    return _mm512_maskz_scalef_ps(0xFFFF, value, n);
  }
  static Register zero_below(Register value, Register x, Register bound) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, bound, _CMP_GE_OQ), value);
  }

  /// 32 bytes from each place.
  static Integers load_two(const void* low, const void* high) {
    return _mm512_mask_broadcast_i64x4(_mm512_maskz_loadu_epi64(0x0F, low), 0xF0, Avx2::load_bytes(high));
  }

  static Register low_singles(Register a, Register b) { return _mm512_maskz_unpacklo_ps(0xFFFF, a, b); }
  static Register high_singles(Register a, Register b) { return _mm512_maskz_unpackhi_ps(0xFFFF, a, b); }
  static Register low_pairs(Register a, Register b) {
    return _mm512_castpd_ps(_mm512_maskz_unpacklo_pd(0xFF, _mm512_castps_pd(a), _mm512_castps_pd(b)));
  }
  static Register high_pairs(Register a, Register b) {
    return _mm512_castpd_ps(_mm512_maskz_unpackhi_pd(0xFF, _mm512_castps_pd(a), _mm512_castps_pd(b)));
  }
  static void turn_lanes(std::array<Lane<TileAvx512>, kWidth>& square) {
    for (std::size_t c = 0; c < 4; ++c) {
      const auto columns = transpose(
          {{{square[c].value}, {square[c + 4].value}, {square[c + 8].value}, {square[c + 12].value}}});
      for (std::size_t lane = 0; lane < kQuads; ++lane) {
        square[4 * lane + c].value = columns[lane].value;
      }
    }
  }
};

}  // namespace
}  // namespace hotset

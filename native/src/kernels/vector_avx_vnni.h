// Vectors of AVX2 with the products of bytes of AVX-VNNI, as processors without AVX-512 have them. See lane.h
// for who may include this.
#pragma once

#include "kernels/vector_avx2.h"

namespace hotset {
namespace {

struct AvxVnni : Avx2 {
  static constexpr bool kTakesWholeBytes = true;
  static constexpr bool kWordByWord = true;
  static constexpr std::size_t pairs_together(int /*most*/) { return 1; }

  static Integers dot(Integers sums, Integers unsigned_bytes, Integers signed_bytes) {
    return _mm256_dpbusd_avx_epi32(sums, unsigned_bytes, signed_bytes);
  }
  static Integers dot_signed(Integers weights, Integers levels) {
    return dot(_mm256_setzero_si256(), _mm256_abs_epi8(weights), _mm256_sign_epi8(levels, weights));
  }
  static Integers dot_signed_bytes(Integers sums, Integers weights, Integers levels) {
    return _mm256_add_epi32(sums, dot_signed(weights, levels));
  }
  static Integers dot_scaled(Integers sums, Integers unsigned_bytes, Integers signed_bytes, Integers scales) {
    return _mm256_dpwssd_avx_epi32(sums, _mm256_maddubs_epi16(unsigned_bytes, signed_bytes), scales);
  }
};

}  // namespace
}  // namespace hotset

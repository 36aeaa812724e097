// Kernels for AVX-512 (F, BW, VL, VNNI).
#include <immintrin.h>

#include "kernels/float_kernels.h"
#include "kernels/kernel_table.h"
#include "kernels/q8_kernels.h"

namespace hotset {
namespace {

struct Avx512 {
  using Register = __m512;
  static constexpr std::size_t kWidth = 16;

  static Register zero() { return _mm512_setzero_ps(); }
  static Register broadcast(float value) { return _mm512_set1_ps(value); }
  static Register load(const float* from) { return _mm512_loadu_ps(from); }
  // The masked forms with every bit set: GCC 12 takes the plain ones for reads of an uninitialised register.
  static Register load(const std::uint16_t* from) {
    return _mm512_maskz_cvtph_ps(0xFFFF, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  static void store(float* to, Register value) { _mm512_storeu_ps(to, value); }
  static Register add(Register a, Register b) { return _mm512_add_ps(a, b); }
  static Register multiply_add(Register a, Register b, Register c) { return _mm512_fmadd_ps(a, b, c); }
  static float sum(Register value) {
    const __m256 eight = _mm256_add_ps(half<0>(value), half<1>(value));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  template <int kHalf>
  static __m256 half(Register value) {
    return _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xF, _mm512_castps_pd(value), kHalf));
  }
  static float to_float(float value) { return value; }
  static float to_float(std::uint16_t value) { return from_half(value); }

  static __m256i dot8(__m256i weights, __m256i levels) {
    return _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_abs_epi8(weights),
                               _mm256_sign_epi8(levels, weights));
  }
};

}  // namespace

const KernelTable& avx512_kernels() {
  // Converting F16 is what its dot products wait for, and wider registers do not convert faster (Zen 4: a row
  // of 384 takes 10.6 ns with AVX2, 15.1 with AVX-512; from memory 35 against 30 GB/s).
  static const KernelTable table = {.round_half = round_half,
                                    .round_blocks8 = round_blocks8,
                                    .dot_f32 = dot<Avx512, float>,
                                    .dot_f16 = avx2_kernels().dot_f16,
                                    .dot_q8_0 = dot_q8<Avx512>,
                                    .add_f32 = add<Avx512, float>,
                                    .add_f16 = add<Avx512, std::uint16_t>};
  return table;
}

}  // namespace hotset

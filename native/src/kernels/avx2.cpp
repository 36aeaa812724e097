// Kernels for AVX2, FMA and F16C.
#include <immintrin.h>

#include "kernels/float_kernels.h"
#include "kernels/kernel_table.h"
#include "kernels/q8_kernels.h"

namespace hotset {
namespace {

struct Avx2 {
  using Register = __m256;
  static constexpr std::size_t kWidth = 8;

  static Register zero() { return _mm256_setzero_ps(); }
  static Register broadcast(float value) { return _mm256_set1_ps(value); }
  static Register load(const float* from) { return _mm256_loadu_ps(from); }
  static Register load(const std::uint16_t* from) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static void store(float* to, Register value) { _mm256_storeu_ps(to, value); }
  static Register add(Register a, Register b) { return _mm256_add_ps(a, b); }
  static Register multiply_add(Register a, Register b, Register c) { return _mm256_fmadd_ps(a, b, c); }
  static float sum(Register value) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static float to_float(float value) { return value; }
  static float to_float(std::uint16_t value) { return from_half(value); }

  static __m256i dot8(__m256i weights, __m256i levels) {
    // The instruction wants one unsigned side: the weights' signs move over. Two products of at most 128 *
    // 127 fit 16 bits.
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(levels, weights));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
  }
};

}  // namespace

const KernelTable& avx2_kernels() {
  static constexpr KernelTable kTable = {.round_half = round_half,
                                         .round_blocks8 = round_blocks8,
                                         .dot_f32 = dot<Avx2, float>,
                                         .dot_f16 = dot<Avx2, std::uint16_t>,
                                         .dot_q8_0 = dot_q8<Avx2>,
                                         .add_f32 = add<Avx2, float>,
                                         .add_f16 = add<Avx2, std::uint16_t>};
  return kTable;
}

}  // namespace hotset

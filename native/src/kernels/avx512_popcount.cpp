// Counting signs that differ, with AVX-512 VPOPCNTDQ.
#include <immintrin.h>

#include <array>
#include <cstdint>

#include "kernels/kernel_table.h"

namespace hotset {
namespace {

constexpr std::size_t kRegisterBytes = 64;

/// The bytes of `bytes` from `at` on, at most a register's; zeros behind them.
__m512i load_words(const std::byte* from, std::size_t at, std::size_t bytes) {
  const std::size_t words = bytes - at < kRegisterBytes ? (bytes - at) / 8 : 8;
  return _mm512_maskz_loadu_epi64(static_cast<__mmask8>((1U << words) - 1), from + at);
}

int sum_of(__m512i bits) {
  std::array<std::int64_t, 8> words;
  _mm512_storeu_si512(words.data(), bits);
  std::int64_t sum = 0;
  for (const std::int64_t word : words) sum += word;
  return static_cast<int>(sum);
}

}  // namespace

void count_signs_avx512(const std::byte* rows, std::size_t stride, int count, const std::byte* input_signs,
                        int length, int* disagreements) {
  const std::size_t bytes = (static_cast<std::size_t>(length) + 63) / 64 * 8;
  for (int r = 0; r < count; ++r) {
    const std::byte* row = rows + stride * static_cast<std::size_t>(r);
    __m512i bits = _mm512_setzero_si512();
    for (std::size_t at = 0; at < bytes; at += kRegisterBytes) {
      const __m512i differ = _mm512_xor_si512(load_words(row, at, bytes), load_words(input_signs, at, bytes));
      bits = _mm512_add_epi64(bits, _mm512_popcnt_epi64(differ));
    }
    disagreements[r] = sum_of(bits);
  }
}

}  // namespace hotset

// The kernels for Q8_0 weights: whole numbers multiplied in blocks of 32, one scale for each. AVX2 and up.
// See lane.h for who may include this.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/lane.h"
#include "kernels/prefetch.h"
#include "kernels/quant_layout.h"
#include "kernels/vector_avx2.h"

namespace hotset {
namespace {

/// next: a row that will be wanted soon; of one row alone it is asked for.
/// V: Avx2, AvxVnni or Vnni256.
template <class V, std::size_t kRows>
void dot_q8_rows(const std::byte* const* list, const std::byte* next, const Operand& operand, int length,
                 float* products) {
  std::array<const Q8Block*, kRows> rows;
  std::array<Lane<Avx2>, kRows> sums;
  for (std::size_t r = 0; r < kRows; ++r) {
    rows[r] = reinterpret_cast<const Q8Block*>(list[r]);
    sums[r].value = _mm256_setzero_ps();
  }
  const std::size_t blocks = static_cast<std::size_t>(length) / Q8Block::kWeights;
  const std::int8_t* input = operand.levels.data();
  const float* scales = operand.scales.data();
  for (std::size_t b = 0; b < blocks; ++b) {
    if constexpr (kRows == 1) prefetch_line(next + b * sizeof(Q8Block));
    const __m256i levels =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(input + b * Q8Block::kWeights));
    for (std::size_t r = 0; r < kRows; ++r) {
      const __m256i weights = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[r][b].levels.data()));
      const __m256 whole = _mm256_cvtepi32_ps(V::dot_signed(weights, levels));
      const __m256 scale = _mm256_set1_ps(from_half(rows[r][b].scale) * scales[b]);
      sums[r].value = _mm256_fmadd_ps(whole, scale, sums[r].value);
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    products[r] = Avx2::sum(sums[r].value);
  }
}

template <class V>
void dot_q8(const std::byte* const* rows, int count, const Operand& operand, int length, float* products) {
  const auto all = static_cast<std::size_t>(count);
  const std::size_t row_bytes = static_cast<std::size_t>(length) / Q8Block::kWeights * sizeof(Q8Block);
  const std::size_t ahead = rows_ahead(row_bytes);
  const bool is_short = row_bytes < kLongRow;
  std::size_t r = 0;
  for (; is_short && r + 4 <= all; r += 4) {
    dot_q8_rows<V, 4>(rows + r, rows[r], operand, length, products + r);
  }
  for (; r < all; ++r) {
    const std::byte* next = rows[r + ahead < all ? r + ahead : r];
    dot_q8_rows<V, 1>(rows + r, next, operand, length, products + r);
  }
}

}  // namespace
}  // namespace hotset

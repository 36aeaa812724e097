// The kernels for F32, F16 and BF16 weights, written once over a vector type. See lane.h for who may include
// this.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/kernels.h"
#include "kernels/lane.h"
#include "kernels/prefetch.h"

namespace hotset {
namespace {

/// next: a row that will be wanted soon; of one row alone it is asked for.
template <class V, class T, std::size_t kRows>
void dot_rows(const std::byte* const* list, const std::byte* next, const float* x, std::size_t length,
              float* products) {
  using Register = typename V::Register;
  // Enough independent sums to hide the latency of the fused multiplication.
  constexpr std::size_t kUnroll = kRows >= 4 ? 2 : 4;
  std::array<const T*, kRows> rows;
  for (std::size_t r = 0; r < kRows; ++r) {
    rows[r] = reinterpret_cast<const T*>(list[r]);
  }
  std::array<std::array<Lane<V>, kUnroll>, kRows> sums;
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t u = 0; u < kUnroll; ++u) sums[r][u].value = V::zero();
  }
  std::size_t i = 0;
  for (; i + kUnroll * V::kWidth <= length; i += kUnroll * V::kWidth) {
    if constexpr (kRows == 1) prefetch_bytes<kUnroll * V::kWidth * sizeof(T)>(next + i * sizeof(T));
    for (std::size_t u = 0; u < kUnroll; ++u) {
      const Register input = V::load(x + i + u * V::kWidth);
      for (std::size_t r = 0; r < kRows; ++r) {
        Register& sum = sums[r][u].value;
        sum = V::multiply_add(V::load(rows[r] + i + u * V::kWidth), input, sum);
      }
    }
  }
  for (; i + V::kWidth <= length; i += V::kWidth) {
    const Register input = V::load(x + i);
    for (std::size_t r = 0; r < kRows; ++r) {
      Register& sum = sums[r][0].value;
      sum = V::multiply_add(V::load(rows[r] + i), input, sum);
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    Register total = sums[r][0].value;
    for (std::size_t u = 1; u < kUnroll; ++u) total = V::add(total, sums[r][u].value);
    products[r] = V::sum(total);
  }
  for (; i < length; ++i) {
    for (std::size_t r = 0; r < kRows; ++r) products[r] += V::single(rows[r][i]) * x[i];
  }
}

template <class V, class T>
void dot(const std::byte* const* rows, int count, const Operand& operand, int length, float* products) {
  const float* x = operand.values.data();
  const auto all = static_cast<std::size_t>(count);
  const auto columns = static_cast<std::size_t>(length);
  const bool is_short = columns * sizeof(T) < kLongRow;
  const std::size_t ahead = rows_ahead(columns * sizeof(T));
  std::size_t r = 0;
  for (; is_short && r + 4 <= all; r += 4) {
    dot_rows<V, T, 4>(rows + r, rows[r], x, columns, products + r);
  }
  for (; r < all; ++r) {
    const std::byte* next = rows[r + ahead < all ? r + ahead : r];
    dot_rows<V, T, 1>(rows + r, next, x, columns, products + r);
  }
}

/// next: kRows rows that will be wanted after these.
template <class V, class T, std::size_t kRows>
void add_rows(const std::byte* const* rows, const std::byte* const* next, const float* factors,
              std::size_t begin, std::size_t end, float* sum) {
  using Register = typename V::Register;
  std::array<const T*, kRows> weights;
  std::array<Lane<V>, kRows> scales;
  for (std::size_t r = 0; r < kRows; ++r) {
    weights[r] = reinterpret_cast<const T*>(rows[r]);
    scales[r].value = V::broadcast(factors[r]);
  }
  std::size_t j = begin;
  for (; j + V::kWidth <= end; j += V::kWidth) {
    Register total = V::load(sum + j);
    for (std::size_t r = 0; r < kRows; ++r) {
      prefetch_line(next[r] + j * sizeof(T));
      total = V::multiply_add(V::load(weights[r] + j), scales[r].value, total);
    }
    V::store(sum + j, total);
  }
  for (; j < end; ++j) {
    for (std::size_t r = 0; r < kRows; ++r) sum[j] += factors[r] * V::single(weights[r][j]);
  }
}

template <class V, class T>
void add(const std::byte* const* rows, const float* factors, int count, int /*length*/, int begin, int end,
         float* sum) {
  const auto all = static_cast<std::size_t>(count);
  const auto first = static_cast<std::size_t>(begin);
  const auto last = static_cast<std::size_t>(end);
  std::size_t r = 0;
  for (; r + 4 <= all; r += 4) {
    const std::byte* const* next = r + 8 <= all ? rows + r + 4 : rows + r;
    add_rows<V, T, 4>(rows + r, next, factors + r, first, last, sum);
  }
  for (; r < all; ++r) add_rows<V, T, 1>(rows + r, rows + r, factors + r, first, last, sum);
}

}  // namespace
}  // namespace hotset

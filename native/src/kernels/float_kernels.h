// The kernels for F32 and F16 weights, written once over a vector type and compiled once for each instruction
// set.
//
// Included only by a source file that is compiled with that set's flags. Everything is in an anonymous
// namespace and of the standard library only the elements of std::array are used, which are mere addresses:
// the linker keeps one copy of a shared inline function, and that one may not hold instructions that the
// processor lacks.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/kernels.h"

namespace hotset {
namespace {

/// A register in a struct, because a bare register type makes no template argument.
template <class V>
struct Lane {
  typename V::Register value;
};

/// V offers: Register, kWidth, zero(), broadcast(float), load(const float*), load(const std::uint16_t* of
/// F16), store(float*, Register), multiply_add(a, b, c) = a * b + c, sum(Register), to_float(T) for one
/// weight.
template <class V, class T, int kRows>
void dot_rows(const std::byte* first_row, std::size_t stride, const float* x, int length, float* products) {
  using Register = typename V::Register;
  // Enough independent sums to hide the latency of the fused multiplication.
  constexpr int kUnroll = kRows >= 4 ? 2 : 4;
  std::array<const T*, kRows> rows;
  for (int r = 0; r < kRows; ++r) {
    rows[r] = reinterpret_cast<const T*>(first_row + stride * static_cast<std::size_t>(r));
  }
  std::array<std::array<Lane<V>, kUnroll>, kRows> sums;
  for (int r = 0; r < kRows; ++r) {
    for (int u = 0; u < kUnroll; ++u) sums[r][u].value = V::zero();
  }
  int i = 0;
  for (; i + kUnroll * V::kWidth <= length; i += kUnroll * V::kWidth) {
    for (int u = 0; u < kUnroll; ++u) {
      const Register input = V::load(x + i + u * V::kWidth);
      for (int r = 0; r < kRows; ++r) {
        Register& sum = sums[r][u].value;
        sum = V::multiply_add(V::load(rows[r] + i + u * V::kWidth), input, sum);
      }
    }
  }
  for (; i + V::kWidth <= length; i += V::kWidth) {
    const Register input = V::load(x + i);
    for (int r = 0; r < kRows; ++r) {
      Register& sum = sums[r][0].value;
      sum = V::multiply_add(V::load(rows[r] + i), input, sum);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    Register total = sums[r][0].value;
    for (int u = 1; u < kUnroll; ++u) total = V::add(total, sums[r][u].value);
    float product = V::sum(total);
    for (int k = i; k < length; ++k) product += V::to_float(rows[r][k]) * x[k];
    products[r] = product;
  }
}

template <class V, class T>
void dot(const std::byte* first_row, std::size_t stride, int count, const Operand& operand, int length,
         float* products) {
  const float* x = operand.values.data();
  int r = 0;
  for (; r + 4 <= count; r += 4) {
    dot_rows<V, T, 4>(first_row + stride * static_cast<std::size_t>(r), stride, x, length, products + r);
  }
  for (; r < count; ++r) {
    dot_rows<V, T, 1>(first_row + stride * static_cast<std::size_t>(r), stride, x, length, products + r);
  }
}

template <class V, class T, int kRows>
void add_rows(const std::byte* const* rows, const float* factors, int begin, int end, float* sum) {
  using Register = typename V::Register;
  std::array<const T*, kRows> weights;
  std::array<Lane<V>, kRows> scales;
  for (int r = 0; r < kRows; ++r) {
    weights[r] = reinterpret_cast<const T*>(rows[r]);
    scales[r].value = V::broadcast(factors[r]);
  }
  int j = begin;
  for (; j + V::kWidth <= end; j += V::kWidth) {
    Register total = V::load(sum + j);
    for (int r = 0; r < kRows; ++r) total = V::multiply_add(V::load(weights[r] + j), scales[r].value, total);
    V::store(sum + j, total);
  }
  for (; j < end; ++j) {
    for (int r = 0; r < kRows; ++r) sum[j] += factors[r] * V::to_float(weights[r][j]);
  }
}

template <class V, class T>
void add(const std::byte* const* rows, const float* factors, int count, int begin, int end, float* sum) {
  int r = 0;
  for (; r + 4 <= count; r += 4) add_rows<V, T, 4>(rows + r, factors + r, begin, end, sum);
  for (; r < count; ++r) add_rows<V, T, 1>(rows + r, factors + r, begin, end, sum);
}

}  // namespace
}  // namespace hotset

// Rounding columns for products with row groups, written once over a vector type: to blocks of 32 with a
// scale in F16 (ggml's Q8_0) or blocks of 256 with one in F32 (Q8_K), see scalar.cpp; or to numbers of 16
// bits. See lane.h for who may include this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/column_block.h"
#include "kernels/lane.h"

namespace hotset {
namespace {

inline constexpr std::size_t kColumnBlock = ColumnBlock::kValues;

template <class V>
float largest_magnitude_of(const float* x, std::size_t count) {
  auto largest = V::zero();
  for (std::size_t i = 0; i < count; i += V::kWidth) {
    largest = V::larger(largest, V::magnitude(V::load(x + i)));
  }
  return V::largest(largest);
}

/// Minus the sum of a block's levels from `begin` to the end of that half.
inline std::int32_t half_offset(const std::array<std::int32_t, kColumnBlock>& levels, std::size_t begin) {
  std::int32_t offset = 0;
  for (std::size_t i = 0; i < kColumnBlock / 2; ++i) offset -= levels[begin + i];
  return offset;
}

/// Levels are x * inverse, to the nearest whole number and at most 127. least_scale: what offsets are
/// multiplied with.
template <class V>
void write_column_block(const float* x, float inverse, float scale, float least_scale, ColumnBlock& block) {
  std::array<std::int32_t, kColumnBlock> levels;
  for (std::size_t i = 0; i < kColumnBlock; i += V::kWidth) {
    const auto product = V::multiply(V::load(x + i), V::broadcast(inverse));
    V::store_words(levels.data() + i, V::to_nearest(V::smaller(product, V::broadcast(127.0F))));
  }
  for (std::size_t i = 0; i < kColumnBlock; ++i) block.levels[i] = static_cast<std::int8_t>(levels[i]);
  const std::int32_t first = half_offset(levels, 0);
  const std::int32_t second = half_offset(levels, kColumnBlock / 2);
  block.scale = scale;
  block.offset = first + second;
  block.half_offsets = {first, second};
  block.least_factor = least_scale * static_cast<float>(first + second);
  block.half_least_factors = {least_scale * static_cast<float>(first),
                              least_scale * static_cast<float>(second)};
}

template <class V>
void round_column8(const float* x, int length, ColumnBlock* column, std::size_t stride) {
  for (std::size_t at = 0; at < static_cast<std::size_t>(length); at += kColumnBlock, column += stride) {
    const float largest = largest_magnitude_of<V>(x + at, kColumnBlock);
    const float inverse = largest > 0.0F ? 127.0F / largest : 0.0F;
    const float scale = V::rounded_to_half(largest / 127.0F);
    write_column_block<V>(x + at, inverse, scale, scale, *column);
  }
}

template <class V>
void round_column8k(const float* x, int length, ColumnBlock* column, std::size_t stride) {
  constexpr std::size_t kLargeBlock = 256;
  for (std::size_t at = 0; at < static_cast<std::size_t>(length); at += kLargeBlock) {
    const float magnitude = largest_magnitude_of<V>(x + at, kLargeBlock);
    std::size_t extreme = at;
    while (extreme + 1 < at + kLargeBlock && x[extreme] != magnitude && x[extreme] != -magnitude) ++extreme;
    const float inverse = magnitude > 0.0F ? -127.0F / x[extreme] : 0.0F;
    const float scale = inverse != 0.0F ? 1.0F / inverse : 0.0F;
    for (std::size_t i = at; i < at + kLargeBlock; i += kColumnBlock, column += stride) {
      write_column_block<V>(x + i, inverse, scale, 1.0F, *column);
    }
  }
}

/// To the nearest BF16, ties to even; what is no number stays none.
inline float rounded_to_brain(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  const bool is_number = value == value;
  bits = is_number ? bits + 0x7FFFU + (bits >> 16U & 1U) : bits | 0x00400000U;
  bits &= 0xFFFF0000U;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

template <float (*kRounded)(float)>
void round_column16(const float* x, int length, ColumnBlock* column, std::size_t stride) {
  std::array<float, kBlockFloats> values;
  for (const float* end = x + length; x < end; x += values.size(), column += stride) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = kRounded(x[i]);
    std::memcpy(static_cast<void*>(column), values.data(), sizeof values);
  }
}

}  // namespace
}  // namespace hotset

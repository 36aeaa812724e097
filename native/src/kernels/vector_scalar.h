// A "vector" of one number: what the kernels written over a vector type are on any processor, and the
// reference that the others are held against.
#pragma once

#include <ggml.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/lane.h"

namespace hotset {
namespace {

struct Scalar {
  using Register = float;
  using Integers = std::uint32_t;
  static constexpr std::size_t kWidth = 1;
  static constexpr bool kTakesWholeBytes = true;
  static constexpr std::size_t kMostColumns = 8;
  static constexpr bool kWordByWord = false;
  /// One: dot() is as good as sums of 16 bits.
  static constexpr std::size_t pairs_together(int /*most*/) { return 1; }

  static float zero() { return 0.0F; }
  static float broadcast(float value) { return value; }
  static float load(const float* from) { return *from; }
  static float load(const Half* from) { return ggml_fp16_to_fp32(from->bits); }
  static float load(const Brain* from) { return ggml_bf16_to_fp32({from->bits}); }
  static void store(float* to, float value) { *to = value; }
  static float add(float a, float b) { return a + b; }
  static float multiply(float a, float b) { return a * b; }
  static float multiply_add(float a, float b, float c) { return a * b + c; }
  static float divide(float a, float b) { return a / b; }
  static float smaller(float a, float b) { return std::min(a, b); }
  static float larger(float a, float b) { return std::max(a, b); }
  static float magnitude(float value) { return std::abs(value); }
  static float largest(float value) { return value; }
  static float rounded_to_half(float value) { return ggml_fp16_to_fp32(ggml_fp32_to_fp16(value)); }

  static std::uint32_t load_bytes(const void* from) {
    std::uint32_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
  }
  static std::uint32_t load_words(const std::uint8_t* from) { return *from; }
  static std::uint32_t load_words(const std::int8_t* from) { return static_cast<std::uint32_t>(int{*from}); }
  static void store_words(std::int32_t* to, std::uint32_t value) { *to = static_cast<std::int32_t>(value); }
  static std::uint32_t broadcast_word(std::uint32_t word) { return word; }
  static std::uint32_t bits_and(std::uint32_t a, std::uint32_t b) { return a & b; }
  static std::uint32_t bits_or(std::uint32_t a, std::uint32_t b) { return a | b; }
  static std::uint32_t bits_xor(std::uint32_t a, std::uint32_t b) { return a ^ b; }
  template <int kBits>
  static std::uint32_t shift_left(std::uint32_t value) {
    return value << kBits;
  }
  template <int kBits>
  static std::uint32_t shift_right(std::uint32_t value) {
    return value >> kBits;
  }
  static std::uint32_t add(std::uint32_t a, std::uint32_t b) { return a + b; }
  static std::uint32_t to_nearest(float value) {
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(std::nearbyint(value)));
  }
  static float same_bits(std::uint32_t value) { return std::bit_cast<float>(value); }
  static float to_float(std::uint32_t value) { return static_cast<float>(static_cast<std::int32_t>(value)); }
  /// sums + four products of bytes.
  static std::uint32_t dot(std::uint32_t sums, std::uint32_t unsigned_bytes, std::uint32_t signed_bytes) {
    for (int i = 0; i < 4; ++i) {
      const auto weight = static_cast<int>(unsigned_bytes >> (8 * i) & 255U);
      const int level = static_cast<std::int32_t>(signed_bytes << (24 - 8 * i)) >> 24;
      sums += static_cast<std::uint32_t>(weight * level);
    }
    return sums;
  }
  /// The byte of `table` at each byte of `places`.
  static std::uint32_t look_up(const std::uint8_t* table, std::uint32_t places) {
    std::uint32_t found = 0;
    for (int i = 0; i < 4; ++i) found |= std::uint32_t{table[places >> (8 * i) & 15U]} << (8 * i);
    return found;
  }
};

}  // namespace
}  // namespace hotset

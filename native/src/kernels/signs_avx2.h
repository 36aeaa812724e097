// Counting signs that differ, a word of 64 at a time: every processor with AVX2 counts bits. See lane.h for
// who may include this.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hotset {
namespace {

inline std::int64_t differing_bits(const std::byte* a, const std::byte* b, std::size_t bytes) {
  std::int64_t bits = 0;
  for (std::size_t i = 0; i < bytes; i += sizeof(std::uint64_t)) {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    std::memcpy(&left, a + i, sizeof left);
    std::memcpy(&right, b + i, sizeof right);
    bits += _mm_popcnt_u64(left ^ right);
  }
  return bits;
}

inline void count_signs(const std::byte* rows, std::size_t stride, int count, const std::byte* input_signs,
                        int length, int* disagreements) {
  const std::size_t bytes = (static_cast<std::size_t>(length) + 63) / 64 * 8;
  for (int r = 0; r < count; ++r) {
    const std::byte* row = rows + stride * static_cast<std::size_t>(r);
    disagreements[r] = static_cast<int>(differing_bits(row, input_signs, bytes));
  }
}

}  // namespace
}  // namespace hotset

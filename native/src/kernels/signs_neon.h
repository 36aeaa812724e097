// Counting signs that differ, with NEON. See lane.h for who may include this.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

namespace hotset {
namespace {

inline int differing_bits(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes) {
  // 16 bits hold the counts of a row of half a million signs.
  uint16x8_t bits = vdupq_n_u16(0);
  std::size_t i = 0;
  for (; i + 16 <= bytes; i += 16) {
    bits = vpadalq_u8(bits, vcntq_u8(veorq_u8(vld1q_u8(a + i), vld1q_u8(b + i))));
  }
  auto total = static_cast<int>(vaddlvq_u16(bits));
  if (i < bytes) total += vaddlv_u8(vcnt_u8(veor_u8(vld1_u8(a + i), vld1_u8(b + i))));
  return total;
}

inline void count_signs(const std::byte* rows, std::size_t stride, int count, const std::byte* input_signs,
                        int length, int* disagreements) {
  const std::size_t bytes = (static_cast<std::size_t>(length) + 63) / 64 * 8;
  const auto* input = reinterpret_cast<const std::uint8_t*>(input_signs);
  for (int r = 0; r < count; ++r) {
    const auto* row = reinterpret_cast<const std::uint8_t*>(rows + stride * static_cast<std::size_t>(r));
    disagreements[r] = differing_bits(row, input, bytes);
  }
}

}  // namespace
}  // namespace hotset

// Rounding an input, with NEON. See lane.h for who may include this.
#pragma once

#include <arm_neon.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/q4_0_layout.h"
#include "kernels/vector_neon.h"

namespace hotset {
namespace {

inline constexpr std::size_t kLargeBlock = 256;

/// Sixteen levels and their values, whole numbers at most 127 times `scale`.
inline int8x16_t round_16(const float* x, float inverse, float scale, float* values) {
  std::array<int16x8_t, 2> words;
  for (std::size_t half = 0; half < 2; ++half) {
    std::array<int32x4_t, 2> whole;
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t at = half * 8 + i * 4;
      const int32x4_t nearest = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + at), inverse));
      whole[i] = vminq_s32(nearest, vdupq_n_s32(127));
      vst1q_f32(values + at, vmulq_n_f32(vcvtq_f32_s32(whole[i]), scale));
    }
    words[half] = vcombine_s16(vmovn_s32(whole[0]), vmovn_s32(whole[1]));
  }
  return vcombine_s8(vmovn_s16(words[0]), vmovn_s16(words[1]));
}

/// Levels of half a block for packed Q4_0, turned like the weights.
inline int8x16_t turned(int8x16_t levels) {
  static constexpr std::array<std::uint8_t, 16> kOrder = {0, 4, 8,  12, 1, 5, 9,  13,
                                                          2, 6, 10, 14, 3, 7, 11, 15};
  return vqtbl1q_s8(levels, vld1q_u8(kOrder.data()));
}

inline int32x4_t sums_of_4(int8x16_t levels) { return vpaddlq_s16(vpaddlq_s8(levels)); }

inline void round_block8(const float* x, std::size_t block, Operand& operand) {
  const std::size_t begin = block * q4_0::kBlock;
  float32x4_t largest = vdupq_n_f32(0.0F);
  for (std::size_t i = 0; i < q4_0::kBlock; i += 4) largest = vmaxq_f32(largest, vabsq_f32(vld1q_f32(x + i)));
  const float magnitude = vmaxvq_f32(largest);
  const float inverse = magnitude > 0.0F ? 127.0F / magnitude : 0.0F;
  const float32x4_t exact = vdupq_n_f32(magnitude / 127.0F);
  const float scale = vgetq_lane_f32(vcvt_f32_f16(vcvt_f16_f32(exact)), 0);
  operand.scales[block] = scale;
  std::int8_t* to =
      operand.turned.data() + block / 4 * Operand::kTurnedLevels + block % 4 * q4_0::kLevelBytes;
  int32x4_t sums = vdupq_n_s32(0);
  for (std::size_t half = 0; half < 2; ++half) {
    const int8x16_t levels =
        round_16(x + half * 16, inverse, scale, operand.values.data() + begin + half * 16);
    vst1q_s8(operand.levels.data() + begin + half * 16, levels);
    vst1q_s8(to + half * Operand::kTurnedLevels / 2, turned(levels));
    sums = vaddq_s32(sums, sums_of_4(turned(levels)));
  }
  vst1q_s32(operand.offsets.data() + block * 4, vmulq_n_s32(sums, -8));
}

inline void round_blocks8(const float* x, int length, Operand& operand) {
  for (std::size_t b = 0; b < static_cast<std::size_t>(length) / q4_0::kBlock; ++b) {
    round_block8(x + b * q4_0::kBlock, b, operand);
  }
}

/// The first value of the largest magnitude among 256.
inline float extreme_of(const float* x) {
  float32x4_t largest = vdupq_n_f32(0.0F);
  for (std::size_t i = 0; i < kLargeBlock; i += 4) largest = vmaxq_f32(largest, vabsq_f32(vld1q_f32(x + i)));
  const float magnitude = vmaxvq_f32(largest);
  std::size_t i = 0;
  while (i + 1 < kLargeBlock && x[i] != magnitude && x[i] != -magnitude) ++i;
  return x[i];
}

/// Q8_K, see scalar.cpp.
inline void round_blocks8k(const float* x, int length, Operand& operand) {
  for (std::size_t begin = 0; begin < static_cast<std::size_t>(length); begin += kLargeBlock) {
    const float extreme = extreme_of(x + begin);
    const float inverse = extreme != 0.0F ? -127.0F / extreme : 0.0F;
    const float scale = inverse != 0.0F ? 1.0F / inverse : 0.0F;
    operand.scales[begin / kLargeBlock] = scale;
    for (std::size_t i = begin; i < begin + kLargeBlock; i += Operand::kSumLength) {
      const int8x16_t levels = round_16(x + i, inverse, scale, operand.values.data() + i);
      vst1q_s8(operand.levels.data() + i, levels);
      operand.sums[i / Operand::kSumLength] = vaddlvq_s8(levels);
    }
  }
}

inline void round_half(const float* x, int length, Operand& operand) {
  float* values = operand.values.data();
  int i = 0;
  for (; i + 4 <= length; i += 4) vst1q_f32(values + i, vcvt_f32_f16(vcvt_f16_f32(vld1q_f32(x + i))));
  for (; i < length; ++i) values[i] = ggml_fp16_to_fp32(ggml_fp32_to_fp16(x[i]));
}

}  // namespace
}  // namespace hotset

// Products with Q8_0, Q4_K and Q6_K weights, with NEON: whole numbers, scaled group by group. See lane.h for
// who may include this.
#pragma once

#include <arm_neon.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/k_groups.h"
#include "kernels/kernels.h"
#include "kernels/lane.h"
#include "kernels/prefetch.h"
#include "kernels/quant_layout.h"
#include "kernels/vector_neon.h"

namespace hotset {
namespace {

/// sums + products of sixteen bytes each, in four words. V: Neon or NeonDot.
template <class V>
int32x4_t dot_16(int32x4_t sums, int8x16_t weights, const std::int8_t* levels) {
  return V::dot(sums, vreinterpretq_s32_s8(weights), vreinterpretq_s32_s8(vld1q_s8(levels)));
}

template <class V>
float dot_q8_0_row(const std::byte* row, const std::byte* next, const Operand& operand, std::size_t length) {
  const auto* weights = reinterpret_cast<const Q8Block*>(row);
  float32x4_t total = vdupq_n_f32(0.0F);
  for (std::size_t b = 0; b < length / Q8Block::kWeights; ++b) {
    prefetch_line(next + b * sizeof(Q8Block));
    const std::int8_t* levels = operand.levels.data() + b * Q8Block::kWeights;
    int32x4_t sums = dot_16<V>(vdupq_n_s32(0), vld1q_s8(weights[b].levels.data()), levels);
    sums = dot_16<V>(sums, vld1q_s8(weights[b].levels.data() + 16), levels + 16);
    const float scale = V::single(Half{weights[b].scale}) * operand.scales[b];
    total = vfmaq_n_f32(total, vcvtq_f32_s32(sums), scale);
  }
  return vaddvq_f32(total);
}

/// Sums of the input's groups, times the groups' least values.
inline std::int32_t dot_least(const Q4KGroups& groups, const std::int16_t* sums) {
  const int16x8_t pairs = vpaddq_s16(vld1q_s16(sums), vld1q_s16(sums + 8));
  const int16x8_t least = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(groups.least.data())));
  const int32x4_t low = vmull_s16(vget_low_s16(pairs), vget_low_s16(least));
  return vaddvq_s32(vmlal_high_s16(low, pairs, least));
}

template <class V>
float dot_q4_k_row(const std::byte* row, const std::byte* next, const Operand& operand, std::size_t length) {
  const auto* weights = reinterpret_cast<const Q4KBlock*>(row);
  const uint8x16_t low = vdupq_n_u8(0xF);
  float total = 0.0F;
  for (std::size_t b = 0; b < length / Q4KBlock::kWeights; ++b) {
    prefetch_bytes<sizeof(Q4KBlock)>(next + b * sizeof(Q4KBlock));
    const Q4KBlock& block = weights[b];
    const std::int8_t* levels = operand.levels.data() + b * Q4KBlock::kWeights;
    const Q4KGroups groups = read_groups(block);
    int32x4_t sums = vdupq_n_s32(0);
    for (std::size_t g = 0; g < Q4KBlock::kGroups; g += 2) {
      int32x4_t first = vdupq_n_s32(0);
      int32x4_t second = vdupq_n_s32(0);
      for (std::size_t half = 0; half < 2; ++half) {
        const uint8x16_t two = vld1q_u8(block.levels.data() + g * 16 + half * 16);
        const std::int8_t* input = levels + g * 32 + half * 16;
        first = dot_16<V>(first, vreinterpretq_s8_u8(vandq_u8(two, low)), input);
        second = dot_16<V>(second, vreinterpretq_s8_u8(vshrq_n_u8(two, 4)), input + 32);
      }
      sums = vmlaq_n_s32(sums, first, groups.scales[g]);
      sums = vmlaq_n_s32(sums, second, groups.scales[g + 1]);
    }
    const std::int32_t least = dot_least(groups, operand.sums.data() + b * Q6KBlock::kGroups);
    const float scale = V::single(Half{block.scale}) * static_cast<float>(vaddvq_s32(sums));
    total += operand.scales[b] * (scale - V::single(Half{block.least}) * static_cast<float>(least));
  }
  return total;
}

/// Levels of the sixteen weights from `at` in quarter q of half a Q6_K block.
inline int8x16_t levels_of_q6_k(const std::uint8_t* low, const std::uint8_t* high, std::size_t q,
                                std::size_t at) {
  const uint8x16_t bits = vld1q_u8(low + q % 2 * 32 + at);
  const uint8x16_t four = q < 2 ? vandq_u8(bits, vdupq_n_u8(0xF)) : vshrq_n_u8(bits, 4);
  const int8x16_t down = vdupq_n_s8(static_cast<std::int8_t>(-2 * static_cast<int>(q)));
  const uint8x16_t two = vandq_u8(vshlq_u8(vld1q_u8(high + at), down), vdupq_n_u8(3));
  return vreinterpretq_s8_u8(vorrq_u8(four, vshlq_n_u8(two, 4)));
}

template <class V>
float dot_q6_k_row(const std::byte* row, const std::byte* next, const Operand& operand, std::size_t length) {
  const auto* weights = reinterpret_cast<const Q6KBlock*>(row);
  float total = 0.0F;
  for (std::size_t b = 0; b < length / Q6KBlock::kWeights; ++b) {
    prefetch_bytes<sizeof(Q6KBlock)>(next + b * sizeof(Q6KBlock));
    const Q6KBlock& block = weights[b];
    const std::int8_t* levels = operand.levels.data() + b * Q6KBlock::kWeights;
    const std::int16_t* input_sums = operand.sums.data() + b * Q6KBlock::kGroups;
    int32x4_t sums = vdupq_n_s32(0);
    std::int32_t offset = 0;
    for (std::size_t g = 0; g < Q6KBlock::kGroups; ++g) {
      const std::size_t half = g / 8;
      const int8x16_t group =
          levels_of_q6_k(block.low.data() + half * 64, block.high.data() + half * 32, g % 8 / 2, g % 2 * 16);
      const int32x4_t products = dot_16<V>(vdupq_n_s32(0), group, levels + g * 16);
      sums = vmlaq_n_s32(sums, products, block.groups[g]);
      offset += block.groups[g] * input_sums[g];
    }
    const std::int32_t whole = vaddvq_s32(sums) - 32 * offset;
    total += V::single(Half{block.scale}) * operand.scales[b] * static_cast<float>(whole);
  }
  return total;
}

using DotRow = float (*)(const std::byte* row, const std::byte* next, const Operand& operand,
                         std::size_t length);

template <class Block, DotRow kDotRow>
void dot_each(const std::byte* const* rows, int count, const Operand& operand, int length, float* products) {
  const auto all = static_cast<std::size_t>(count);
  const std::size_t ahead = rows_ahead(static_cast<std::size_t>(length) / Block::kWeights * sizeof(Block));
  for (std::size_t r = 0; r < all; ++r) {
    const std::byte* next = rows[r + ahead < all ? r + ahead : r];
    products[r] = kDotRow(rows[r], next, operand, static_cast<std::size_t>(length));
  }
}

}  // namespace
}  // namespace hotset

// Vectors of NEON. See lane.h for who may include this.
#pragma once

#include <arm_neon.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/lane.h"

namespace hotset {
namespace {

struct Neon {
  using Register = float32x4_t;
  using Integers = int32x4_t;
  static constexpr std::size_t kWidth = 4;
  /// Lanes of four: a block of packed Q4_0 fills one.
  static constexpr std::size_t kQuads = 1;
  /// dot() takes unsigned bytes above 127.
  static constexpr bool kTakesWholeBytes = false;
  /// Columns of which the registers hold the sums.
  static constexpr std::size_t kMostColumns = 8;
  static constexpr bool kWordByWord = true;
  /// One: dot() is as good as sums of 16 bits.
  static constexpr std::size_t pairs_together(int /*most*/) { return 1; }

  static Register zero() { return vdupq_n_f32(0.0F); }
  static Register broadcast(float value) { return vdupq_n_f32(value); }
  static Register load(const float* from) { return vld1q_f32(from); }
  static Register load(const Half* from) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(from))));
  }
  static Register load(const Brain* from) {
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(from)), 16));
  }
  static Register load(const std::int8_t* from) {
    std::int32_t four = 0;
    std::memcpy(&four, from, sizeof four);
    const int16x8_t words = vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(four)));
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(words)));
  }
  static float single(float value) { return value; }
  static float single(Half value) {
    return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(value.bits))), 0);
  }
  static float single(Brain value) {
    return vget_lane_f32(vreinterpret_f32_u32(vdup_n_u32(std::uint32_t{value.bits} << 16U)), 0);
  }
  static void store(float* to, Register value) { vst1q_f32(to, value); }
  static Register add(Register a, Register b) { return vaddq_f32(a, b); }
  static Register multiply(Register a, Register b) { return vmulq_f32(a, b); }
  static Register multiply_add(Register a, Register b, Register c) { return vfmaq_f32(c, a, b); }
  static Register divide(Register a, Register b) { return vdivq_f32(a, b); }
  static Register smaller(Register a, Register b) { return vminq_f32(a, b); }
  static Register larger(Register a, Register b) { return vmaxq_f32(a, b); }
  static Register magnitude(Register value) { return vabsq_f32(value); }
  static float rounded_to_half(float value) {
    return vgetq_lane_f32(vcvt_f32_f16(vcvt_f16_f32(vdupq_n_f32(value))), 0);
  }
  static float largest(Register value) { return vmaxvq_f32(value); }
  static float sum(Register value) { return vaddvq_f32(value); }

  static Integers load_bytes(const void* from) {
    return vreinterpretq_s32_u8(vld1q_u8(static_cast<const std::uint8_t*>(from)));
  }
  /// The first `quads` times 16 bytes, zero behind them.
  static Integers load_some(const void* from, std::size_t /*quads*/) { return load_bytes(from); }
  static Integers load_words(const std::uint8_t* from) {
    const uint16x8_t words = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(four_bytes(from))));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(words)));
  }
  static Integers load_words(const std::int8_t* from) {
    const int16x8_t words = vmovl_s8(vreinterpret_s8_u32(vdup_n_u32(four_bytes(from))));
    return vmovl_s16(vget_low_s16(words));
  }
  static std::uint32_t four_bytes(const void* from) {
    std::uint32_t four = 0;
    std::memcpy(&four, from, sizeof four);
    return four;
  }
  static void store_words(std::int32_t* to, Integers value) { vst1q_s32(to, value); }
  static Integers broadcast_word(std::uint32_t word) { return vdupq_n_s32(static_cast<std::int32_t>(word)); }
  static Integers bits_and(Integers a, Integers b) { return vandq_s32(a, b); }
  template <int kBits>
  static Integers shift_right(Integers value) {
    return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(value), kBits));
  }
  static Integers bits_or(Integers a, Integers b) { return vorrq_s32(a, b); }
  static Integers bits_xor(Integers a, Integers b) { return veorq_s32(a, b); }
  template <int kBits>
  static Integers shift_left(Integers value) {
    return vshlq_n_s32(value, kBits);
  }
  static Integers add(Integers a, Integers b) { return vaddq_s32(a, b); }
  static Integers to_nearest(Register value) { return vcvtnq_s32_f32(value); }
  static Register same_bits(Integers value) { return vreinterpretq_f32_s32(value); }
  static Register to_float(Integers value) { return vcvtq_f32_s32(value); }
  /// sums + four products of bytes in each word. Precondition: no byte of `levels` is above 127.
  static Integers dot(Integers sums, Integers levels, Integers signed_bytes) {
    const int8x16_t a = vreinterpretq_s8_s32(levels);
    const int8x16_t b = vreinterpretq_s8_s32(signed_bytes);
    const int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
    const int16x8_t high = vmull_high_s8(a, b);
    return vaddq_s32(sums, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
  }
  /// The byte of `table` at each byte of `places`. table: 16 bytes.
  static Integers look_up(const std::uint8_t* table, Integers places) {
    return vreinterpretq_s32_u8(vqtbl1q_u8(vld1q_u8(table), vreinterpretq_u8_s32(places)));
  }
  /// As dot(), with signs on both sides.
  static Integers dot_signed_bytes(Integers sums, Integers weights, Integers levels) {
    return dot(sums, weights, levels);
  }
  /// One number of `values` for each lane of four, from number step * kQuads.
  static Register spread(Register values, std::size_t step) {
    switch (step) {
      case 0:
        return vdupq_laneq_f32(values, 0);
      case 1:
        return vdupq_laneq_f32(values, 1);
      case 2:
        return vdupq_laneq_f32(values, 2);
      default:
        return vdupq_laneq_f32(values, 3);
    }
  }
  /// Lane q of registers 0 to 3, one behind the other, for every q: four numbers are an element.
  template <class Rows>
  static Rows transpose(const Rows& rows) {
    return rows;
  }
};

}  // namespace
}  // namespace hotset

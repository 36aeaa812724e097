// What attention's tiles need of NEON's vectors. See lane.h for who may include this.
#pragma once

#include "kernels/vector_neon.h"

namespace hotset {
namespace {

struct TileNeon : Neon {
  /// See TileAvx2.
  static constexpr std::size_t kTileRegisters = 4;
  static constexpr std::size_t kDirectRegisters = 0;
  static constexpr bool kTurnsHalves = false;

  static Register maximum(Register a, Register b) { return vmaxq_f32(a, b); }
  static float largest(Register value) { return vmaxvq_f32(value); }
  static Register round(Register value) { return vrndnq_f32(value); }
  static Register times_power_of_two(Register value, Register n) {
    const int32x4_t exponent = vshlq_n_s32(vcvtq_s32_f32(n), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(value), exponent));
  }
  static Register zero_below(Register value, Register x, Register bound) {
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(value), vcgeq_f32(x, bound)));
  }

  static Register low_singles(Register a, Register b) { return vzip1q_f32(a, b); }
  static Register high_singles(Register a, Register b) { return vzip2q_f32(a, b); }
  static Register low_pairs(Register a, Register b) {
    return vreinterpretq_f32_f64(vzip1q_f64(vreinterpretq_f64_f32(a), vreinterpretq_f64_f32(b)));
  }
  static Register high_pairs(Register a, Register b) {
    return vreinterpretq_f32_f64(vzip2q_f64(vreinterpretq_f64_f32(a), vreinterpretq_f64_f32(b)));
  }
  /// One lane of four: nothing is left to turn.
  static void turn_lanes(std::array<Lane<TileNeon>, kWidth>& /*square*/) {}
};

}  // namespace
}  // namespace hotset

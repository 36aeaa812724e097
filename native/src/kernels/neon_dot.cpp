// Kernels for NEON with products of four bytes each.
#include "kernels/neon_table.h"

namespace hotset {
namespace {

struct NeonDot : Neon {
  static Integers dot(Integers sums, Integers levels, Integers signed_bytes) {
    return vdotq_s32(sums, vreinterpretq_s8_s32(levels), vreinterpretq_s8_s32(signed_bytes));
  }
  static Integers dot_signed_bytes(Integers sums, Integers weights, Integers levels) {
    return dot(sums, weights, levels);
  }
};

}  // namespace

const KernelTable& neon_dot_kernels() {
  static constexpr KernelTable kTable = neon_table<NeonDot>();
  return kTable;
}

}  // namespace hotset

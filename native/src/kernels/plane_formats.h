// How the levels of a type are divided into two planes, see row_planes.h. See lane.h for who may include
// this.
#pragma once

#include <cstddef>

#include "kernels/group_formats.h"

namespace hotset {
namespace {

/// The fine plane has the lowest kFine bits of each level, the coarse one the four above and what is in front
/// of the levels of a `WholeFormat`.
template <class WholeFormat, std::size_t kFine>
struct Planes {
  using Whole = WholeFormat;
  static constexpr std::size_t kFineBits = kFine;
  static constexpr std::size_t kCoarseBits = 4;
  static constexpr std::size_t kCoarseBlockBytes = kCoarseBits * kGroupLine;
  static constexpr std::size_t kCoarseBytes = Whole::kFrontBytes + Whole::kBlocks * kCoarseBlockBytes;
  static constexpr std::size_t kFineBlockBytes = kFine * kGroupLine;
  static constexpr std::size_t kFineBytes = Whole::kBlocks * kFineBlockBytes;
  /// In place of its fine bits a coarse level has half of the most they could be: twice a value is
  /// 2^(kFine + 1) times the coarse level less this.
  static constexpr int kTwiceOffset = (2 << Whole::kOffsetBits) - ((1 << kFine) - 1);
  static_assert(WholeFormat::kBits == kCoarseBits + kFine);
};

using Q8_0Planes = Planes<Q8_0Group, 4>;
using Q6KPlanes = Planes<Q6KGroup, 2>;

}  // namespace
}  // namespace hotset

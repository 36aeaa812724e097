// All kernels, and those that this machine can run.
#pragma once

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "kernels/kernels.h"

namespace hotset::test {

/// The portable one first, the fastest last.
constexpr std::array kKernels = {KernelChoice::kScalar, KernelChoice::kNeon, KernelChoice::kAvx2,
                                 KernelChoice::kAvxVnni, KernelChoice::kAvx512};

inline std::vector<KernelChoice> available_kernels() {
  std::vector<KernelChoice> available;
  std::ranges::copy_if(kKernels, std::back_inserter(available), is_available);
  return available;
}

}  // namespace hotset::test

// The kernels that this machine can run.
#pragma once

#include <vector>

#include "kernels/kernels.h"

namespace hotset::test {

inline std::vector<KernelChoice> available_kernels() {
  std::vector<KernelChoice> kernels;
  for (const KernelChoice kernel :
       {KernelChoice::kScalar, KernelChoice::kNeon, KernelChoice::kAvx2, KernelChoice::kAvx512}) {
    if (is_available(kernel)) kernels.push_back(kernel);
  }
  return kernels;
}

}  // namespace hotset::test

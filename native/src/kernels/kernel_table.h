// What one instruction set's source file offers. Null: take the scalar kernel.
#pragma once

#include "kernels/kernels.h"

namespace hotset {

struct KernelTable {
  RoundKernel round_half = nullptr;
  RoundKernel round_blocks8 = nullptr;
  DotKernel dot_f32 = nullptr;
  DotKernel dot_f16 = nullptr;
  DotKernel dot_bf16 = nullptr;
  DotKernel dot_q8_0 = nullptr;
  DotKernel dot_q4_0 = nullptr;
  AddKernel add_f32 = nullptr;
  AddKernel add_f16 = nullptr;
  AddKernel add_bf16 = nullptr;
  AddKernel add_q4_0 = nullptr;
};

const KernelTable& avx2_kernels();
const KernelTable& avx512_kernels();

}  // namespace hotset

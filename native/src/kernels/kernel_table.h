// What one instruction set's source files offer.
#pragma once

#include <ggml.h>

#include <array>

#include "kernels/kernels.h"
#include "kernels/signs.h"

namespace hotset {

/// For weights of one type. Null: take the scalar kernel.
struct TypeKernels {
  ggml_type type;
  DotKernel dot = nullptr;
  AddKernel add = nullptr;
};

/// Products of row groups of one type with columns.
struct GroupTypeKernel {
  ggml_type type;
  GroupKernel multiply;
  // Null: never in two planes.
  GroupKernel multiply_coarse = nullptr;
  PlanesKernel multiply_planes = nullptr;
};

/// What is written once over a vector type, all of it: see group_table.h.
struct GroupKernels {
  RoundColumnKernel round_half = nullptr;
  RoundColumnKernel round_brain = nullptr;
  RoundColumnKernel round_blocks8 = nullptr;
  RoundColumnKernel round_blocks8k = nullptr;
  SiluKernel silu = nullptr;
  std::array<GroupTypeKernel, 17> types{};
};

/// Null: take the scalar kernel.
struct KernelTable {
  RoundKernel round_half = nullptr;
  RoundKernel round_brain = nullptr;
  RoundKernel round_blocks8 = nullptr;
  RoundKernel round_blocks8k = nullptr;
  std::array<TypeKernels, 7> types{};
  SignKernel signs = nullptr;
  const GroupKernels* groups = nullptr;
};

const KernelTable& avx2_kernels();
const KernelTable& avx_vnni_kernels();
const KernelTable& avx512_kernels();
const KernelTable& neon_kernels();
/// With the instructions of has_dot_product().
const KernelTable& neon_dot_kernels();

/// Of AVX-512 VPOPCNTDQ, which not every processor with the other AVX-512 kernels has.
void count_signs_avx512(const std::byte* rows, std::size_t stride, int count, const std::byte* input_signs,
                        int length, int* disagreements);

}  // namespace hotset

#include "kernels/kernels.h"

#include <algorithm>
#include <array>

#include "error.h"
#include "kernels/kernel_table.h"
#include "kernels/processor.h"
#include "kernels/scalar.h"
#include "kernels/signs.h"

namespace hotset {
namespace {

/// Empty for kScalar.
const KernelTable& table_of(KernelChoice choice) {
  static constexpr KernelTable kEmpty;
#ifdef HOTSET_X86_KERNELS
  if (choice == KernelChoice::kAvx512) return avx512_kernels();
  if (choice == KernelChoice::kAvx2) return avx2_kernels();
#ifdef HOTSET_AVX_VNNI
  if (choice == KernelChoice::kAvxVnni) return avx_vnni_kernels();
#endif
#endif
#ifdef HOTSET_ARM_KERNELS
  if (choice == KernelChoice::kNeon) return has_dot_product() ? neon_dot_kernels() : neon_kernels();
#endif
  return kEmpty;
}

const GroupKernels& groups_of(KernelChoice choice) {
  const GroupKernels* groups = table_of(choice).groups;
  return groups != nullptr ? *groups : scalar_groups();
}

template <typename Kernel>
Kernel first_of(Kernel special, Kernel scalar) {
  return special != nullptr ? special : scalar;
}

/// Without kernels where the table has none for the type.
TypeKernels find(const KernelTable& table, ggml_type type) {
  const auto* found = std::find_if(table.types.begin(), table.types.end(),
                                   [&](const TypeKernels& entry) { return entry.type == type; });
  return found == table.types.end() ? TypeKernels{.type = type} : *found;
}

const GroupTypeKernel& groups_of(KernelChoice choice, ggml_type weights) {
  const auto& types = groups_of(choice).types;
  return *std::find_if(types.begin(), types.end(), [&](const auto& entry) { return entry.type == weights; });
}

}  // namespace

RoundKernel round_kernel(KernelChoice choice, Rounding rounding) {
  const KernelTable& table = table_of(choice);
  const RoundKernel scalar = scalar_round(rounding);
  switch (rounding) {
    case Rounding::kHalf:
      return first_of(table.round_half, scalar);
    case Rounding::kBrain:
      return first_of(table.round_brain, scalar);
    case Rounding::kBlocks8:
      return first_of(table.round_blocks8, scalar);
    case Rounding::kBlocks8K:
      return first_of(table.round_blocks8k, scalar);
    default:
      return scalar;
  }
}

DotKernel dot_kernel(KernelChoice choice, ggml_type weights) {
  return first_of(find(table_of(choice), weights).dot, scalar_dot(weights));
}

AddKernel add_kernel(KernelChoice choice, ggml_type weights) {
  return first_of(find(table_of(choice), weights).add, scalar_add(weights));
}

int values_of_block(Rounding rounding) {
  const bool is_of_levels = rounding == Rounding::kBlocks8 || rounding == Rounding::kBlocks8K;
  return is_of_levels ? ColumnBlock::kValues : kBlockFloats;
}

RoundColumnKernel round_column_kernel(KernelChoice choice, Rounding rounding) {
  const GroupKernels& groups = groups_of(choice);
  switch (rounding) {
    case Rounding::kHalf:
      return groups.round_half;
    case Rounding::kBrain:
      return groups.round_brain;
    case Rounding::kBlocks8:
      return groups.round_blocks8;
    default:
      return groups.round_blocks8k;
  }
}

GroupKernel group_kernel(KernelChoice choice, ggml_type weights) {
  return groups_of(choice, weights).multiply;
}

GroupKernel coarse_kernel(KernelChoice choice, ggml_type weights) {
  return groups_of(choice, weights).multiply_coarse;
}

PlanesKernel planes_kernel(KernelChoice choice, ggml_type weights) {
  return groups_of(choice, weights).multiply_planes;
}

SiluKernel silu_kernel(KernelChoice choice) { return groups_of(choice).silu; }

SignKernel sign_kernel(KernelChoice choice) { return first_of(table_of(choice).signs, scalar_signs()); }

bool is_available(KernelChoice choice) {
#ifdef HOTSET_X86_KERNELS
  if (choice == KernelChoice::kAvx2) return has_avx2();
#ifdef HOTSET_AVX_VNNI
  if (choice == KernelChoice::kAvxVnni) return has_avx_vnni();
#endif
  if (choice == KernelChoice::kAvx512) return has_avx512();
#endif
#ifdef HOTSET_ARM_KERNELS
  if (choice == KernelChoice::kNeon) return true;
#endif
  return choice == KernelChoice::kAuto || choice == KernelChoice::kScalar;
}

KernelChoice resolve(KernelChoice choice) {
  if (!is_available(choice)) {
    throw Error(ErrorKind::kBadInput, "this processor or build has no " + kernel_name(choice) +
                                          " kernels; choose the kernel auto or scalar");
  }
  if (choice != KernelChoice::kAuto) return choice;
  constexpr std::array kBestFirst = {KernelChoice::kAvx512, KernelChoice::kAvxVnni, KernelChoice::kAvx2,
                                     KernelChoice::kNeon, KernelChoice::kScalar};
  return *std::find_if(kBestFirst.begin(), kBestFirst.end(), is_available);
}

std::string kernel_name(KernelChoice choice) {
  switch (choice) {
    case KernelChoice::kAvx512:
      return "avx512";
    case KernelChoice::kAvxVnni:
      return "avxvnni";
    case KernelChoice::kAvx2:
      return "avx2";
    case KernelChoice::kNeon:
      return "neon";
    default:
      return "scalar";
  }
}

}  // namespace hotset

#include "kernels/kernels.h"

#include "error.h"
#include "kernels/kernel_table.h"
#include "kernels/processor.h"
#include "kernels/scalar.h"

namespace hotset {
namespace {

/// Empty for kScalar.
const KernelTable& table_of(KernelChoice choice) {
  static constexpr KernelTable kEmpty;
#ifdef HOTSET_X86_KERNELS
  if (choice == KernelChoice::kAvx512) return avx512_kernels();
  if (choice == KernelChoice::kAvx2) return avx2_kernels();
#endif
  return kEmpty;
}

template <typename Kernel>
Kernel first_of(Kernel special, Kernel scalar) {
  return special != nullptr ? special : scalar;
}

}  // namespace

RoundKernel round_kernel(KernelChoice choice, Rounding rounding) {
  const KernelTable& table = table_of(choice);
  const RoundKernel scalar = scalar_round(rounding);
  if (rounding == Rounding::kHalf) return first_of(table.round_half, scalar);
  if (rounding == Rounding::kBlocks8) return first_of(table.round_blocks8, scalar);
  return scalar;
}

DotKernel dot_kernel(KernelChoice choice, ggml_type weights) {
  const KernelTable& table = table_of(choice);
  const DotKernel scalar = scalar_dot(weights);
  switch (weights) {
    case GGML_TYPE_F32:
      return first_of(table.dot_f32, scalar);
    case GGML_TYPE_F16:
      return first_of(table.dot_f16, scalar);
    case GGML_TYPE_BF16:
      return first_of(table.dot_bf16, scalar);
    case GGML_TYPE_Q8_0:
      return first_of(table.dot_q8_0, scalar);
    case GGML_TYPE_Q4_0:
      return first_of(table.dot_q4_0, scalar);
    default:
      return scalar;
  }
}

AddKernel add_kernel(KernelChoice choice, ggml_type weights) {
  const KernelTable& table = table_of(choice);
  const AddKernel scalar = scalar_add(weights);
  switch (weights) {
    case GGML_TYPE_F32:
      return first_of(table.add_f32, scalar);
    case GGML_TYPE_F16:
      return first_of(table.add_f16, scalar);
    case GGML_TYPE_BF16:
      return first_of(table.add_bf16, scalar);
    case GGML_TYPE_Q4_0:
      return first_of(table.add_q4_0, scalar);
    default:
      return scalar;
  }
}

bool is_available(KernelChoice choice) {
#ifdef HOTSET_X86_KERNELS
  if (choice == KernelChoice::kAvx2) return has_avx2();
  if (choice == KernelChoice::kAvx512) return has_avx512();
#endif
  return choice == KernelChoice::kAuto || choice == KernelChoice::kScalar;
}

KernelChoice resolve(KernelChoice choice) {
  if (!is_available(choice)) {
    throw Error(ErrorKind::kBadInput, "this processor or build has no " + kernel_name(choice) +
                                          " kernels; choose the kernel auto or scalar");
  }
  if (choice != KernelChoice::kAuto) return choice;
  if (is_available(KernelChoice::kAvx512)) return KernelChoice::kAvx512;
  return is_available(KernelChoice::kAvx2) ? KernelChoice::kAvx2 : KernelChoice::kScalar;
}

std::string kernel_name(KernelChoice choice) {
  switch (choice) {
    case KernelChoice::kAvx512:
      return "avx512";
    case KernelChoice::kAvx2:
      return "avx2";
    default:
      return "scalar";
  }
}

}  // namespace hotset

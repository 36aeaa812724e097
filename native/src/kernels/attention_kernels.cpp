#include "kernels/attention_kernels.h"

namespace hotset {

const AttentionKernels& attention_kernels(KernelChoice choice) {
#ifdef HOTSET_X86_KERNELS
  if (choice == KernelChoice::kAvx512) return avx512_attention();
  if (choice == KernelChoice::kAvx2 || choice == KernelChoice::kAvxVnni) return avx2_attention();
#endif
#ifdef HOTSET_ARM_KERNELS
  if (choice == KernelChoice::kNeon) return neon_attention();
#endif
  return scalar_attention();
}

}  // namespace hotset

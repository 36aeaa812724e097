// Kernels for AVX2 with AVX-VNNI: where no bytes are multiplied they are AVX2's own.
#include "kernels/group_table.h"
#include "kernels/k_dot_avx2.h"
#include "kernels/kernel_table.h"
#include "kernels/q8_0_dot_avx2.h"
#include "kernels/vector_avx_vnni.h"

namespace hotset {

const KernelTable& avx_vnni_kernels() {
  static const KernelTable& avx2 = avx2_kernels();
  static const KernelTable table = {
      .round_half = avx2.round_half,
      .round_brain = avx2.round_brain,
      .round_blocks8 = avx2.round_blocks8,
      .round_blocks8k = avx2.round_blocks8k,
      .types = {{avx2.types[0],
                 avx2.types[1],
                 avx2.types[2],
                 {GGML_TYPE_Q8_0, dot_q8<AvxVnni>, avx2.types[3].add},
                 avx2.types[4],
                 {GGML_TYPE_Q4_K, dot_each<Q4KBlock, dot_q4_k_row<AvxVnni>>, avx2.types[5].add},
                 {GGML_TYPE_Q6_K, dot_each<Q6KBlock, dot_q6_k_row<AvxVnni>>, avx2.types[6].add}}},
      .signs = avx2.signs,
      .groups = &kGroupKernels<AvxVnni>};
  return table;
}

}  // namespace hotset

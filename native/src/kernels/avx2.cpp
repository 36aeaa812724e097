// Kernels for AVX2, FMA and F16C.
#include "kernels/float_kernels.h"
#include "kernels/group_table.h"
#include "kernels/k_add.h"
#include "kernels/k_dot_avx2.h"
#include "kernels/kernel_table.h"
#include "kernels/q4_0_kernels.h"
#include "kernels/q8_0_add.h"
#include "kernels/q8_0_dot_avx2.h"
#include "kernels/round_avx2.h"
#include "kernels/signs_avx2.h"
#include "kernels/vector_avx2.h"

namespace hotset {

const KernelTable& avx2_kernels() {
  static constexpr KernelTable kTable = {
      .round_half = round_half,
      .round_brain = round_brain,
      .round_blocks8 = round_blocks8,
      .round_blocks8k = round_blocks8k,
      .types = {{{GGML_TYPE_F32, dot<Avx2, float>, add<Avx2, float>},
                 {GGML_TYPE_F16, dot<Avx2, Half>, add<Avx2, Half>},
                 {GGML_TYPE_BF16, dot<Avx2, Brain>, add<Avx2, Brain>},
                 {GGML_TYPE_Q8_0, dot_q8<Avx2>, add_q8_0<Avx2>},
                 {GGML_TYPE_Q4_0, dot_q4_0<Avx2>, add_q4_0<Avx2>},
                 {GGML_TYPE_Q4_K, dot_each<Q4KBlock, dot_q4_k_row<Avx2>>, add_k<Avx2, Q4KBlock>},
                 {GGML_TYPE_Q6_K, dot_each<Q6KBlock, dot_q6_k_row<Avx2>>, add_k<Avx2, Q6KBlock>}}},
      .signs = count_signs,
      .groups = &kGroupKernels<Avx2>};
  return kTable;
}

}  // namespace hotset

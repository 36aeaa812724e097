// Kernels for AVX-512 (F, BW, VL, VNNI).
#include "kernels/float_kernels.h"
#include "kernels/group_table.h"
#include "kernels/k_add.h"
#include "kernels/k_dot_avx2.h"
#include "kernels/kernel_table.h"
#include "kernels/processor.h"
#include "kernels/q4_0_kernels.h"
#include "kernels/q8_0_add.h"
#include "kernels/q8_0_dot_avx2.h"
#include "kernels/vector_avx512.h"

namespace hotset {

const KernelTable& avx512_kernels() {
  // Converting F16 is what its dot products wait for, and wider registers do not convert faster (Zen 4: a row
  // of 384 takes 10.6 ns with AVX2, 15.1 with AVX-512; from memory 35 against 30 GB/s).
  static const DotKernel dot_f16 = avx2_kernels().types[1].dot;
  static const KernelTable table = {
      .round_half = avx2_kernels().round_half,
      .round_brain = avx2_kernels().round_brain,
      .round_blocks8 = avx2_kernels().round_blocks8,
      .round_blocks8k = avx2_kernels().round_blocks8k,
      .types = {{{GGML_TYPE_F32, dot<Avx512, float>, add<Avx512, float>},
                 {GGML_TYPE_F16, dot_f16, add<Avx512, Half>},
                 {GGML_TYPE_BF16, dot<Avx512, Brain>, add<Avx512, Brain>},
                 {GGML_TYPE_Q8_0, dot_q8<Vnni256>, add_q8_0<Avx512>},
                 {GGML_TYPE_Q4_0, dot_q4_0<Avx512>, add_q4_0<Avx512>},
                 {GGML_TYPE_Q4_K, dot_each<Q4KBlock, dot_q4_k_row<Vnni256>>, add_k<Avx512, Q4KBlock>},
                 {GGML_TYPE_Q6_K, dot_each<Q6KBlock, dot_q6_k_row<Vnni256>>, add_k<Avx512, Q6KBlock>}}},
      .signs = has_vector_popcount() ? count_signs_avx512 : avx2_kernels().signs,
      .groups = &kGroupKernels<Avx512>};
  return table;
}

}  // namespace hotset

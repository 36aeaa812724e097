// Kernels for AVX2, FMA and F16C.
#include "kernels/float_kernels.h"
#include "kernels/kernel_table.h"
#include "kernels/q4_0_kernels.h"
#include "kernels/q8_0_kernels.h"
#include "kernels/round_avx2.h"
#include "kernels/vector_avx2.h"

namespace hotset {

const KernelTable& avx2_kernels() {
  static constexpr KernelTable kTable = {.round_half = round_half,
                                         .round_blocks8 = round_blocks8,
                                         .dot_f32 = dot<Avx2, float>,
                                         .dot_f16 = dot<Avx2, Half>,
                                         .dot_bf16 = dot<Avx2, Brain>,
                                         .dot_q8_0 = dot_q8<Avx2>,
                                         .dot_q4_0 = dot_q4_0<Avx2>,
                                         .add_f32 = add<Avx2, float>,
                                         .add_f16 = add<Avx2, Half>,
                                         .add_bf16 = add<Avx2, Brain>,
                                         .add_q4_0 = add_q4_0<Avx2>};
  return kTable;
}

}  // namespace hotset

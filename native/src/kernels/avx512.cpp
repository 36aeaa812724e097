// Kernels for AVX-512 (F, BW, VL, VNNI).
#include "kernels/float_kernels.h"
#include "kernels/kernel_table.h"
#include "kernels/q4_0_kernels.h"
#include "kernels/q8_0_kernels.h"
#include "kernels/vector_avx512.h"

namespace hotset {

const KernelTable& avx512_kernels() {
  // Converting F16 is what its dot products wait for, and wider registers do not convert faster (Zen 4: a row
  // of 384 takes 10.6 ns with AVX2, 15.1 with AVX-512; from memory 35 against 30 GB/s).
  static const KernelTable table = {.round_half = avx2_kernels().round_half,
                                    .round_blocks8 = avx2_kernels().round_blocks8,
                                    .dot_f32 = dot<Avx512, float>,
                                    .dot_f16 = avx2_kernels().dot_f16,
                                    .dot_bf16 = dot<Avx512, Brain>,
                                    .dot_q8_0 = dot_q8<Avx512>,
                                    .dot_q4_0 = dot_q4_0<Avx512>,
                                    .add_f32 = add<Avx512, float>,
                                    .add_f16 = add<Avx512, Half>,
                                    .add_bf16 = add<Avx512, Brain>,
                                    .add_q4_0 = add_q4_0<Avx512>};
  return table;
}

}  // namespace hotset

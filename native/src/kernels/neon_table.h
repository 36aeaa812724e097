// NEON's kernels, with the products of V: Neon or NeonDot. See lane.h for who may include this.
#pragma once

#include "kernels/float_kernels.h"
#include "kernels/group_table.h"
#include "kernels/k_add.h"
#include "kernels/kernel_table.h"
#include "kernels/q4_0_kernels.h"
#include "kernels/q8_0_add.h"
#include "kernels/quant_dot_neon.h"
#include "kernels/round_neon.h"
#include "kernels/signs_neon.h"

namespace hotset {
namespace {

template <class V>
constexpr KernelTable neon_table() {
  return {.round_half = round_half,
          .round_blocks8 = round_blocks8,
          .round_blocks8k = round_blocks8k,
          .types = {{{GGML_TYPE_F32, dot<V, float>, add<V, float>},
                     {GGML_TYPE_F16, dot<V, Half>, add<V, Half>},
                     {GGML_TYPE_BF16, dot<V, Brain>, add<V, Brain>},
                     {GGML_TYPE_Q8_0, dot_each<Q8Block, dot_q8_0_row<V>>, add_q8_0<V>},
                     {GGML_TYPE_Q4_0, dot_q4_0<V>, add_q4_0<V>},
                     {GGML_TYPE_Q4_K, dot_each<Q4KBlock, dot_q4_k_row<V>>, add_k<V, Q4KBlock>},
                     {GGML_TYPE_Q6_K, dot_each<Q6KBlock, dot_q6_k_row<V>>, add_k<V, Q6KBlock>}}},
          .signs = count_signs,
          .groups = &kGroupKernels<V>};
}

}  // namespace
}  // namespace hotset

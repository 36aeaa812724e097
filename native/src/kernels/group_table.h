// The kernels for row groups of every type, over one vector type. See lane.h for who may include this.
#pragma once

#include "kernels/group_product.h"
#include "kernels/kernel_table.h"
#include "kernels/plane_product.h"
#include "kernels/round_columns.h"
#include "kernels/silu.h"
#include "kernels/value_product.h"

namespace hotset {
namespace {

template <class V>
inline constexpr GroupKernels kGroupKernels = {
    .round_half = round_column16<V::rounded_to_half>,
    .round_brain = round_column16<rounded_to_brain>,
    .round_blocks8 = round_column8<V>,
    .round_blocks8k = round_column8k<V>,
    .silu = multiply_silu<V>,
    .types = {{{GGML_TYPE_Q4_0, multiply_group<V, Q4_0Group>},
               {GGML_TYPE_Q4_1, multiply_group<V, Q4_1Group>},
               {GGML_TYPE_Q5_0, multiply_group<V, Q5_0Group>},
               {GGML_TYPE_Q5_1, multiply_group<V, Q5_1Group>},
               {GGML_TYPE_Q8_0, multiply_group<V, Q8_0Group>, multiply_coarse<V, Q8_0Planes>,
                multiply_planes<V, Q8_0Planes>},
               {GGML_TYPE_Q2_K, multiply_group<V, Q2KGroup>},
               {GGML_TYPE_Q3_K, multiply_group<V, Q3KGroup>},
               {GGML_TYPE_Q4_K, multiply_group<V, Q4KGroup>},
               {GGML_TYPE_Q5_K, multiply_group<V, Q5KGroup>},
               {GGML_TYPE_Q6_K, multiply_group<V, Q6KGroup>, multiply_coarse<V, Q6KPlanes>,
                multiply_planes<V, Q6KPlanes>},
               {GGML_TYPE_IQ4_NL, multiply_group<V, Iq4NlGroup>},
               {GGML_TYPE_IQ4_XS, multiply_group<V, Iq4XsGroup>},
               {GGML_TYPE_IQ3_S, multiply_group<V, Iq3SGroup>},
               {GGML_TYPE_IQ3_XXS, multiply_group<V, Iq3XxsGroup>},
               {GGML_TYPE_MXFP4, multiply_group<V, Mxfp4Group>},
               {GGML_TYPE_F16, multiply_value_group<V, Half>},
               {GGML_TYPE_BF16, multiply_value_group<V, Brain>}}}};

}  // namespace
}  // namespace hotset

// The reference kernels: every type that ggml can convert to F32, one value after the other.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/kernels.h"
#include "kernels/signs.h"

namespace hotset {

RoundKernel scalar_round(Rounding rounding);
DotKernel scalar_dot(ggml_type weights);
AddKernel scalar_add(ggml_type weights);
SignKernel scalar_signs();
const GroupKernels& scalar_groups();

}  // namespace hotset

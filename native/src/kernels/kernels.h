// Operators on single rows of weights: what computing some neurons and leaving the others out is made of. The
// scalar ones are the reference; the others compute the same with the instructions in their name.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <optional>
#include <string>

#include "kernels/kernel_choice.h"
#include "kernels/operand.h"
#include "kernels/packing.h"

namespace hotset {

/// Rounds x: [length] into `operand`. Precondition: length is a multiple of block_length().
using RoundKernel = void (*)(const float* x, int length, Operand& operand);

/// products[r] = rows[r] · operand, for `count` packed rows of `length` weights (packing.h). Long rows are
/// asked for ahead of time in the order of the list, wherever they lie.
using DotKernel = void (*)(const std::byte* const* rows, int count, const Operand& operand, int length,
                           float* products);

/// sum[j] += factors[r] * rows[r][j] for every row r < count, packed and of `length` weights, and begin <= j
/// < end. Precondition: begin and end are multiples of add_granularity().
using AddKernel = void (*)(const std::byte* const* rows, const float* factors, int count, int length,
                           int begin, int end, float* sum);

RoundKernel round_kernel(KernelChoice choice, Rounding rounding);
/// Types without a kernel of their own take the scalar one, which converts with ggml.
DotKernel dot_kernel(KernelChoice choice, ggml_type weights);
AddKernel add_kernel(KernelChoice choice, ggml_type weights);

/// Whether this processor and this build run such kernels.
bool is_available(KernelChoice choice);
/// The best available where `choice` is automatic. Throws Error kBadInput where it is not available.
KernelChoice resolve(KernelChoice choice);
/// "scalar", "avx2", "avx512" or "neon". Precondition: not kAuto.
std::string kernel_name(KernelChoice choice);

}  // namespace hotset

// Operators on single rows of weights: what computing some neurons and leaving the others out is made of. The
// scalar ones are the reference; the others compute the same with the instructions in their name.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <optional>
#include <string>

#include "kernels/column_block.h"
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

/// Rounds x: [length], as ggml does for products with the weights of a RoundColumnKernel's choice, to the
/// blocks column[0], column[stride], column[2 * stride] and so on. Precondition: length is a multiple of 32,
/// or of 256 where blocks are as long.
using RoundColumnKernel = void (*)(const float* x, int length, ColumnBlock* column, std::size_t stride);

/// products[16 * c + r] = row r · column c, for the rows of a group of `length` weights each (row_groups.h)
/// and the `columns` columns of a panel. What a column gives does not depend on the others. Reads some bytes
/// ahead of the group for few columns.
using GroupKernel = void (*)(const std::byte* group, int length, const ColumnBlock* panel, int columns,
                             float* products);

/// As a GroupKernel, of a group whose planes lie apart (row_planes.h), to the same bits. coarse: behind what
/// the plane errs by.
using PlanesKernel = void (*)(const std::byte* coarse, const std::byte* fine, int length,
                              const ColumnBlock* panel, int columns, float* products);

/// products[i] = silu(gate[i]) * up[i]. Precondition: count is a multiple of 16.
using SiluKernel = void (*)(const float* gate, const float* up, int count, float* products);

/// Values of a column that a ColumnBlock's place holds.
int values_of_block(Rounding rounding);
/// Precondition: rounding is not kNone.
RoundColumnKernel round_column_kernel(KernelChoice choice, Rounding rounding);
/// Precondition: can_group().
GroupKernel group_kernel(KernelChoice choice, ggml_type weights);
/// Of the coarse plane alone, behind what it errs by. Precondition: can_split().
GroupKernel coarse_kernel(KernelChoice choice, ggml_type weights);
/// Precondition: can_split().
PlanesKernel planes_kernel(KernelChoice choice, ggml_type weights);
SiluKernel silu_kernel(KernelChoice choice);

RoundKernel round_kernel(KernelChoice choice, Rounding rounding);
/// Types without a kernel of their own take the scalar one, which converts with ggml.
DotKernel dot_kernel(KernelChoice choice, ggml_type weights);
AddKernel add_kernel(KernelChoice choice, ggml_type weights);

/// Whether this processor and this build run such kernels.
bool is_available(KernelChoice choice);
/// The best available where `choice` is automatic. Throws Error kBadInput where it is not available.
KernelChoice resolve(KernelChoice choice);
/// "scalar", "avx2", "avxvnni", "avx512" or "neon". Precondition: not kAuto.
std::string kernel_name(KernelChoice choice);

}  // namespace hotset

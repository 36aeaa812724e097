// The form in which the kernels read a row of weights: the values and the number of bytes that ggml gives it,
// in the order that vector registers want.
//
// Q4_0: ggml's blocks of 32 weights are 18 bytes each, a scale and 16 bytes of two 4-bit levels, so that no
// load of a register is aligned and every scale is fetched by itself. Packed, the levels of all blocks come
// first, 16 bytes for each, and behind them the scales. A block's 16 bytes are four words, one for each lane
// of a register: the even 4-bit levels of word i belong to weights i, 4 + i, 8 + i and 12 + i of the block,
// the odd ones to those 16 further. Level 0 of every word together are therefore four neighbouring weights,
// and so are level 1, level 2 and the others.
//
// Rows of all other types are as ggml has them.
#pragma once

#include <ggml.h>

#include <cstddef>

namespace hotset {

/// Bytes of a packed row of `length` weights.
std::size_t packed_row_bytes(ggml_type type, int length);

/// Writes ggml's row of `length` weights to `packed`: [packed_row_bytes()].
/// Precondition: length is a multiple of the type's block.
void pack_row(ggml_type type, const std::byte* row, int length, std::byte* packed);

/// The slices of a row that an AddKernel may be asked for begin and end at multiples of this many weights.
int add_granularity(ggml_type type);

}  // namespace hotset

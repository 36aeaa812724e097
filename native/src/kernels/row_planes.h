// Row groups (row_groups.h) in two planes: the highest four bits of every level, with the scales, and the
// bits below. Both together are the rows, nothing added and nothing lost. The coarse plane alone gives every
// product but for an error that is bounded: what the fine plane adds is at most its length times the
// column's, by the inequality of Cauchy and Schwarz.
//
//   coarse  16 numbers (F32): what each row's product errs by at most, by the column's length
//           then units as in row_groups.h, with four lines for each block
//   fine    the lines of each block, one behind the other
#pragma once

#include <ggml.h>

#include <cstddef>

namespace hotset {

/// Of the errors in front of a coarse plane.
inline constexpr std::size_t kErrorBytes = 64;

/// Whether rows of `length` weights of this type have planes. Precondition of all below.
bool can_split(ggml_type type, int length);

/// Bytes of a group's planes; with the errors, coarse and fine are kErrorBytes more than group_bytes().
std::size_t coarse_bytes(ggml_type type, int length);
std::size_t fine_bytes(ggml_type type, int length);

// As pack_group().
void pack_coarse(ggml_type type, const std::byte* source, int rows, int length, std::byte* group);
void pack_fine(ggml_type type, const std::byte* source, int rows, int length, std::byte* group);

}  // namespace hotset

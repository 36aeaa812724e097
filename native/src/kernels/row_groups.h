// Rows of weights in groups of 16, the form in which a matrix meets several columns at about the cost of
// reading it once.
//
// A register of weights holds four neighbouring ones of each row of a group: one instruction multiplies them
// with four values of a column, spread to every row, and adds the products up, 16 rows at a time and nothing
// ever added across a register. A group is units one behind the other, each of 64 weights of every row (256
// of K-quants): first what they are scaled by, row after row, then the levels in blocks of 32. Those of a
// block are lines of 64 bytes, of which byte 4r + j belongs to row r. What levels have below is in lines of
// its own, what they have above (the fifth bit, or the fifth and the sixth) in others:
//
//   4 bits  line i of 4   weights 4i + j (low half of the byte) and 16 + 4i + j (high half)
//   8 bits  line i of 8   weights 4i + j, counted from -128
//   2 bits  line i of 2   weights 16i + 4n + j in bits 2n and 2n + 1
//   1 bit   one line      weights 4n + j in bit n
//
// See group_formats.h for what stands in front. Of weights of 16 bits 32 bytes hold one of each row.
#pragma once

#include <ggml.h>

#include <cstddef>

namespace hotset {

inline constexpr int kGroupRows = 16;

/// Whether rows of `length` weights of this type have such a form.
bool can_group(ggml_type type, int length);

/// Bytes of a group. Precondition: can_group().
std::size_t group_bytes(ggml_type type, int length);

/// Writes `rows` rows as ggml has them, one behind the other, to `group`: [group_bytes()], aligned to 64
/// bytes. Rows that are missing are zeros. Precondition: can_group(), rows <= kGroupRows.
void pack_group(ggml_type type, const std::byte* source, int rows, int length, std::byte* group);

}  // namespace hotset

// Rows of weights in a wider type that has a faster kernel, with the very same values.
#pragma once

#include <ggml.h>

#include <cstddef>

namespace hotset {

/// Writes ggml's Q5_0 row of `length` weights as a Q8_0 row: the scales stay, and levels of five bits fit
/// into eight. `widened`: [ggml_row_size(GGML_TYPE_Q8_0, length)]. Precondition: length is a multiple of 32.
void widen_q5_0(const std::byte* row, int length, std::byte* widened);

}  // namespace hotset

// Predicting without training which neurons of a ReLU model fire, from signs alone (SparseInfer, arXiv
// 2411.12692): where the signs of a gate row's weights and of the input agree more often than not, their
// product is likely above zero. A neuron is predicted active where agreements * α >= disagreements, with α of
// its layer.
//
// Signs are bits, set for values below zero and for -0, the first value in the lowest bit of the first byte.
#pragma once

#include <ggml.h>

#include <cstddef>

#include "kernels/kernel_choice.h"

namespace hotset {

/// Bytes of the signs of `length` values: whole words of 64 bits, the last one filled up with zeros.
std::size_t sign_row_bytes(int length);

/// signs: [sign_row_bytes()] of ggml's row of `length` weights.
/// Precondition: length is a multiple of the type's block.
void pack_signs(ggml_type type, const std::byte* row, int length, std::byte* signs);
/// Of an input, values: [length].
void pack_signs(const float* values, int length, std::byte* signs);

/// disagreements[r] = how many of `length` signs differ between row r < count and the input. `stride` bytes
/// from one row to the next; the agreements are the rest of `length`.
using SignKernel = void (*)(const std::byte* rows, std::size_t stride, int count,
                            const std::byte* input_signs, int length, int* disagreements);

SignKernel sign_kernel(KernelChoice choice);

}  // namespace hotset

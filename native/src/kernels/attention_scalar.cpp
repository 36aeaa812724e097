// Attention's operators in plain C++: the reference.
#include <ggml.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/attention_kernels.h"
#include "kernels/row_groups.h"

namespace hotset {
namespace {

void load(const std::byte* const* rows, int length, float* tile, RowsAhead /*ahead*/) {
  const int padded = padded_length(length);
  for (int r = 0; r < kTileRows; ++r, tile += padded) {
    ggml_fp16_to_fp32_row(reinterpret_cast<const ggml_fp16_t*>(rows[r]), tile, length);
    std::fill(tile + length, tile + padded, 0.0F);
  }
}

void load_turned(const std::byte* const* rows, int length, float* tile, RowsAhead /*ahead*/) {
  for (int r = 0; r < kTileRows; ++r) {
    const auto* row = reinterpret_cast<const ggml_fp16_t*>(rows[r]);
    for (int i = 0; i < length; ++i) tile[i * kTileRows + r] = ggml_fp16_to_fp32(row[i]);
  }
}

void load_rounded(const std::byte* const* rows, int length, float* tile, RowsAhead /*ahead*/) {
  const int padded = padded_length(length);
  for (int r = 0; r < kTileRows; ++r, tile += padded) {
    ggml_get_type_traits(GGML_TYPE_Q8_0)->to_float(rows[r], tile, length);
  }
}

void group_rounded(const std::byte* const* rows, int length, std::byte* groups, RowsAhead /*ahead*/) {
  const std::size_t row_bytes = ggml_row_size(GGML_TYPE_Q8_0, length);
  std::vector<std::byte> together(kGroupRows * row_bytes);
  for (int r = 0; r < kTileRows; r += kGroupRows, groups += group_bytes(GGML_TYPE_Q8_0, length)) {
    for (int k = 0; k < kGroupRows; ++k) {
      std::memcpy(together.data() + static_cast<std::size_t>(k) * row_bytes, rows[r + k], row_bytes);
    }
    pack_group(GGML_TYPE_Q8_0, together.data(), kGroupRows, length, groups);
  }
}

void multiply(const float* left, int stride, int count, int inner, const float* tile, int columns,
              float* sums, RowsAhead /*ahead*/) {
  for (int q = 0; q < count; ++q, left += stride, sums += columns) {
    for (int i = 0; i < inner; ++i) {
      for (int c = 0; c < columns; ++c) sums[c] += left[i] * tile[i * columns + c];
    }
  }
}

float exponential(float x) { return x < kLeastExponent ? 0.0F : std::exp(x); }

float soften(float* scores, int visible, float scale, SoftmaxState& state) {
  const float before = state.largest;
  state.largest = std::max(before, *std::max_element(scores, scores + visible));
  const float factor = exponential((before - state.largest) * scale);
  float sum = 0.0F;
  for (int r = 0; r < visible; ++r) {
    scores[r] = exponential((scores[r] - state.largest) * scale);
    sum += scores[r];
  }
  std::fill(scores + visible, scores + kTileRows, 0.0F);
  state.sum = state.sum * factor + sum;
  return factor;
}

}  // namespace

const AttentionKernels& scalar_attention() {
  static constexpr AttentionKernels kKernels = {.load = load,
                                                .load_turned = load_turned,
                                                .multiply = multiply,
                                                .add_values = nullptr,
                                                .load_rounded = load_rounded,
                                                .add_rounded_values = nullptr,
                                                .group_rounded = group_rounded,
                                                .soften = soften};
  return kKernels;
}

}  // namespace hotset

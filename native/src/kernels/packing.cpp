#include "kernels/packing.h"

#include <algorithm>
#include <cstring>

#include "kernels/q4_0_layout.h"

namespace hotset {
namespace {

void pack_q4_0(const std::byte* row, std::size_t blocks, std::byte* packed) {
  std::byte* scales = packed + q4_0::scales_offset(blocks);
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::byte* block = row + b * (q4_0::kScaleBytes + q4_0::kLevelBytes);
    std::memcpy(scales + b * q4_0::kScaleBytes, block, q4_0::kScaleBytes);
    const std::byte* levels = block + q4_0::kScaleBytes;
    for (std::size_t i = 0; i < q4_0::kLevelBytes; ++i) {
      packed[b * q4_0::kLevelBytes + q4_0::packed_place(i)] = levels[i];
    }
  }
}

}  // namespace

std::size_t packed_row_bytes(ggml_type type, int length) { return ggml_row_size(type, length); }

void pack_row(ggml_type type, const std::byte* row, int length, std::byte* packed) {
  if (type == GGML_TYPE_Q4_0) {
    pack_q4_0(row, static_cast<std::size_t>(length) / q4_0::kBlock, packed);
    return;
  }
  std::copy_n(row, packed_row_bytes(type, length), packed);
}

int add_granularity(ggml_type type) { return static_cast<int>(ggml_blck_size(type)); }

}  // namespace hotset

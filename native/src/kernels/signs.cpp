#include "kernels/signs.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hotset {

std::size_t sign_row_bytes(int length) {
  constexpr std::size_t kWordBits = 64;
  return (static_cast<std::size_t>(length) + kWordBits - 1) / kWordBits * (kWordBits / 8);
}

void pack_signs(const float* values, int length, std::byte* signs) {
  std::fill_n(signs, sign_row_bytes(length), std::byte{0});
  for (int i = 0; i < length; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (std::signbit(values[i])) signs[at / 8] |= std::byte{1} << (at % 8);
  }
}

void pack_signs(ggml_type type, const std::byte* row, int length, std::byte* signs) {
  if (type == GGML_TYPE_F32) {
    pack_signs(reinterpret_cast<const float*>(row), length, signs);
    return;
  }
  std::vector<float> values(static_cast<std::size_t>(length));
  ggml_get_type_traits(type)->to_float(row, values.data(), length);
  pack_signs(values.data(), length, signs);
}

}  // namespace hotset

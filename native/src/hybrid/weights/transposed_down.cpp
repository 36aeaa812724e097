#include "hybrid/weights/transposed_down.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "hybrid/weights/gather.h"

namespace hotset {
namespace {

// Rows of the result that are made at a time, from this many values of every row.
constexpr std::size_t kRowsAtOnce = 256;

void to_floats(ggml_type type, const std::byte* bytes, float* values, std::size_t count) {
  if (type == GGML_TYPE_F32) {
    std::memcpy(values, bytes, count * sizeof(float));
  } else {
    ggml_get_type_traits(type)->to_float(bytes, values, static_cast<std::int64_t>(count));
  }
}

}  // namespace

std::uint64_t turned_down_bytes(const ModelFile& model) {
  std::uint64_t bytes = 0;
  for (int layer = 0; model.powerinfer && layer < model.layers; ++layer) {
    const TensorInfo& info = model.tensors.at("blk." + std::to_string(layer) + ".ffn_down_t.weight");
    const std::size_t row = ggml_row_size(type_of_gathered_columns(info.type), info.shape[1]);
    bytes += row * static_cast<std::uint64_t>(info.shape[0]);
  }
  return bytes;
}

std::vector<std::byte> transpose(const TransposedRows& rows, ggml_type target) {
  const std::size_t row_bytes = ggml_row_size(rows.type, static_cast<std::int64_t>(rows.length));
  const std::size_t result_bytes = ggml_row_size(target, static_cast<std::int64_t>(rows.count));
  std::vector<std::byte> result(result_bytes * rows.length);
  std::vector<float> values(kRowsAtOnce);
  for (std::size_t first = 0; first < rows.length; first += kRowsAtOnce) {
    const std::size_t height = std::min(kRowsAtOnce, rows.length - first);
    const std::byte* begin = rows.bytes + ggml_row_size(rows.type, static_cast<std::int64_t>(first));
    std::vector<float> part(height * rows.count);
    for (std::size_t row = 0; row < rows.count; ++row) {
      to_floats(rows.type, begin + row_bytes * row, values.data(), height);
      for (std::size_t i = 0; i < height; ++i) part[i * rows.count + row] = values[i];
    }
    ggml_quantize_chunk(target, part.data(), result.data() + result_bytes * first, 0,
                        static_cast<std::int64_t>(height), static_cast<std::int64_t>(rows.count), nullptr);
  }
  return result;
}

}  // namespace hotset

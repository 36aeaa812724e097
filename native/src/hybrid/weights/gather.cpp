#include "hybrid/weights/gather.h"

#include <cstring>

namespace hotset {
namespace {

void to_floats(ggml_type type, const std::byte* row, std::span<float> values) {
  if (type == GGML_TYPE_F32) {
    std::memcpy(values.data(), row, values.size_bytes());
  } else {
    ggml_get_type_traits(type)->to_float(row, values.data(), static_cast<std::int64_t>(values.size()));
  }
}

}  // namespace

ggml_type type_of_gathered_columns(ggml_type matrix) {
  return ggml_is_quantized(matrix) ? GGML_TYPE_Q8_0 : matrix;
}

void gather_rows(const std::byte* matrix, std::size_t row_bytes, std::span<const int> chosen,
                 std::vector<std::byte>& result) {
  result.reserve(result.size() + row_bytes * chosen.size());
  for (const int row : chosen) {
    const std::byte* begin = matrix + row_bytes * static_cast<std::size_t>(row);
    result.insert(result.end(), begin, begin + row_bytes);
  }
}

void gather_columns(const Matrix& matrix, std::span<const int> chosen, std::vector<std::byte>& result) {
  const ggml_type type = type_of_gathered_columns(matrix.type);
  const auto count = static_cast<std::int64_t>(chosen.size());
  const std::size_t source_bytes = ggml_row_size(matrix.type, matrix.columns);
  const std::size_t target_bytes = ggml_row_size(type, count);
  std::vector<float> row(static_cast<std::size_t>(matrix.columns));
  std::vector<float> values(chosen.size());
  std::size_t at = result.size();
  result.resize(at + target_bytes * static_cast<std::size_t>(matrix.rows));
  for (std::int64_t r = 0; r < matrix.rows; ++r, at += target_bytes) {
    to_floats(matrix.type, matrix.bytes + source_bytes * static_cast<std::size_t>(r), row);
    for (std::size_t i = 0; i < chosen.size(); ++i) values[i] = row[static_cast<std::size_t>(chosen[i])];
    ggml_quantize_chunk(type, values.data(), result.data() + at, 0, 1, count, nullptr);
  }
}

}  // namespace hotset

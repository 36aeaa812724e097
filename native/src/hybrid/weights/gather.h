// Some neurons' weights, taken out of a layer's matrices and put together into smaller ones.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hotset {

/// What gathered columns of a matrix are kept in. Blocks of a quantised matrix run along its rows, so that
/// columns taken out of them need new blocks: 8 bits hold what 4 or 6 held to within a part in 250.
ggml_type type_of_gathered_columns(ggml_type matrix);

/// So many columns, or a multiple, are gathered at a time: the longest block of such a type.
inline constexpr int kGatherGranularity = 32;

/// Appends the rows `chosen` of a matrix with rows of `row_bytes`.
void gather_rows(const std::byte* matrix, std::size_t row_bytes, std::span<const int> chosen,
                 std::vector<std::byte>& result);

/// A matrix [columns, rows] in ggml's order.
struct Matrix {
  const std::byte* bytes;
  ggml_type type;
  std::int64_t columns;
  std::int64_t rows;
};

/// Appends the columns `chosen` as a matrix [chosen, rows] of type_of_gathered_columns().
/// Precondition: their number is a multiple of kGatherGranularity, or the type has no blocks.
void gather_columns(const Matrix& matrix, std::span<const int> chosen, std::vector<std::byte>& result);

}  // namespace hotset

// The down matrix of PowerInfer's files, which have it transposed, as a dense product wants it.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gguf/model_file.h"

namespace hotset {

/// Bytes of all down matrices that have to be turned: none but in PowerInfer's files.
std::uint64_t turned_down_bytes(const ModelFile& model);

/// Rows of a transposed down matrix, which are the columns of the result.
struct TransposedRows {
  const std::byte* bytes;
  ggml_type type;
  std::size_t length;  ///< of a row: E
  std::size_t count;   ///< a multiple of the block size of `target`
};

/// The matrix [rows.count, rows.length] in the type `target`.
std::vector<std::byte> transpose(const TransposedRows& rows, ggml_type target);

}  // namespace hotset

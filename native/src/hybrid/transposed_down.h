// The down matrix of PowerInfer's files, which have it transposed, as a dense product wants it.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gguf/model_file.h"

namespace hotset {

/// "blk.N.ffn_down.weight", or "blk.N.ffn_down_t.weight" in PowerInfer's files.
std::string down_name(const ModelFile& model, int layer);

/// Of the matrix [neurons, E] that dense products with down take: the file's own, and of a transposed one
/// F32, F16 and BF16 too. Blocks of other types run along E there and along the neurons here; Q8_0 loses next
/// to nothing.
ggml_type down_matrix_type(const ModelFile& model, int layer);

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

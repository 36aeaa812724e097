#include "hybrid/neuron_rows.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "error.h"
#include "kernels/operand.h"
#include "kernels/packing.h"

namespace hotset {
namespace {

/// Blocks of a quantised down matrix run along the neurons, so a neuron's column has no blocks of its own.
/// Q8_0 holds its weights closer than types of fewer bits did, F16 (11 bits) closer than Q8_0 did.
ggml_type type_of_columns(ggml_type matrix, std::int64_t length) {
  if (!ggml_is_quantized(matrix)) return matrix;
  return matrix == GGML_TYPE_Q8_0 || length % kQ8BlockLength != 0 ? GGML_TYPE_F16 : GGML_TYPE_Q8_0;
}

void to_floats(ggml_type type, const std::byte* row, float* values, std::int64_t count) {
  if (type == GGML_TYPE_F32) {
    std::memcpy(values, row, static_cast<std::size_t>(count) * sizeof(float));
  } else {
    ggml_get_type_traits(type)->to_float(row, values, count);
  }
}

LargeMemory rows_in_order(const std::byte* source, ggml_type type, int length, const LayerSplit& split) {
  const std::size_t source_bytes = ggml_row_size(type, length);
  const std::size_t row_bytes = packed_row_bytes(type, length);
  LargeMemory rows(row_bytes * split.order.size());
  std::byte* target = rows.bytes().data();
  for (const int neuron : split.order) {
    pack_row(type, source + source_bytes * static_cast<std::size_t>(neuron), length, target);
    target += row_bytes;
  }
  return rows;
}

/// A matrix of which the columns are wanted.
struct Columns {
  const std::byte* source;
  ggml_type source_type;
  ggml_type type;  ///< of the columns
  int length;      ///< of a column
};

/// Packs rows where they lie.
void pack(const Columns& columns, std::span<std::byte> rows) {
  const std::size_t row_bytes = packed_row_bytes(columns.type, columns.length);
  std::vector<std::byte> row(row_bytes);
  for (std::size_t at = 0; at < rows.size(); at += row_bytes) {
    std::memcpy(row.data(), rows.data() + at, row_bytes);
    pack_row(columns.type, row.data(), columns.length, rows.data() + at);
  }
}

LargeMemory columns_in_order(const Columns& columns, const LayerSplit& split) {
  // Some rows of the matrix at a time, so that each neuron's part of them is a run and not a single value.
  // Rows are whole blocks of Q8_0.
  constexpr int kRowsAtOnce = kQ8BlockLength;
  const std::size_t neurons = split.order.size();
  const std::size_t source_row = ggml_row_size(columns.source_type, static_cast<std::int64_t>(neurons));
  const std::size_t column_bytes = packed_row_bytes(columns.type, columns.length);
  LargeMemory result(column_bytes * neurons);
  std::vector<float> rows(kRowsAtOnce * neurons);
  std::vector<float> run(kRowsAtOnce);
  for (int first = 0; first < columns.length; first += kRowsAtOnce) {
    const int count = std::min(kRowsAtOnce, columns.length - first);
    for (int r = 0; r < count; ++r) {
      to_floats(columns.source_type, columns.source + source_row * static_cast<std::size_t>(first + r),
                rows.data() + neurons * static_cast<std::size_t>(r), static_cast<std::int64_t>(neurons));
    }
    std::byte* target = result.bytes().data() + ggml_row_size(columns.type, first);
    for (const int neuron : split.order) {
      const float* value = rows.data() + neuron;
      for (int r = 0; r < count; ++r)
        run[static_cast<std::size_t>(r)] = value[neurons * static_cast<std::size_t>(r)];
      ggml_quantize_chunk(columns.type, run.data(), target, 0, 1, count, nullptr);
      target += column_bytes;
    }
  }
  pack(columns, result.bytes());
  return result;
}

}  // namespace

std::uint64_t neuron_rows_bytes(const ModelFile& model) {
  std::uint64_t bytes = 0;
  for (const auto& [name, info] : model.tensors) {
    if (name.ends_with(".ffn_gate.weight") || name.ends_with(".ffn_up.weight")) bytes += info.size;
    if (!name.ends_with(".ffn_down.weight")) continue;
    const ggml_type columns = type_of_columns(info.type, info.shape[1]);
    bytes += ggml_row_size(columns, info.shape[0]) * static_cast<std::uint64_t>(info.shape[1]);
  }
  return bytes;
}

NeuronRows::NeuronRows(const ModelFile& model, const Weights& weights, int layer, const LayerSplit& split) {
  const std::string prefix = "blk." + std::to_string(layer) + ".";
  const auto type_of = [&](const char* name) { return model.tensors.at(prefix + name).type; };
  input_type_ = type_of("ffn_gate.weight");
  down_type_ = type_of_columns(type_of("ffn_down.weight"), model.embedding_length);
  if (type_of("ffn_up.weight") != input_type_) {
    throw Error(ErrorKind::kBadModel,
                model.path.string() + ": gate and up of layer " + std::to_string(layer) +
                    " differ in type, which sparse modes do not take; choose the mode dense");
  }
  input_bytes_ = packed_row_bytes(input_type_, model.embedding_length);
  down_bytes_ = packed_row_bytes(down_type_, model.embedding_length);
  gates_ = rows_in_order(weights.file_bytes(prefix + "ffn_gate.weight"), input_type_, model.embedding_length,
                         split);
  ups_ =
      rows_in_order(weights.file_bytes(prefix + "ffn_up.weight"), input_type_, model.embedding_length, split);
  const Columns columns{.source = weights.file_bytes(prefix + "ffn_down.weight"),
                        .source_type = type_of("ffn_down.weight"),
                        .type = down_type_,
                        .length = model.embedding_length};
  downs_ = columns_in_order(columns, split);
}

}  // namespace hotset

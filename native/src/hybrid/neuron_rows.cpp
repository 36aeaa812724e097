#include "hybrid/neuron_rows.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "error.h"

namespace hotset {
namespace {

constexpr std::size_t kCacheLine = 64;

// Blocks of a quantised down matrix run along the neurons, so a neuron's column has no blocks of its own. F16
// holds each of its weights to 11 bits, closer than any block type did.
ggml_type type_of_columns(ggml_type matrix) {
  return matrix == GGML_TYPE_F32 || matrix == GGML_TYPE_BF16 ? matrix : GGML_TYPE_F16;
}

void to_floats(ggml_type type, const std::byte* row, float* values, std::int64_t count) {
  if (type == GGML_TYPE_F32) {
    std::memcpy(values, row, static_cast<std::size_t>(count) * sizeof(float));
  } else {
    ggml_get_type_traits(type)->to_float(row, values, count);
  }
}

}  // namespace

std::uint64_t neuron_rows_bytes(const ModelFile& model) {
  std::uint64_t bytes = 0;
  for (const auto& [name, info] : model.tensors) {
    if (name.ends_with(".ffn_gate.weight") || name.ends_with(".ffn_up.weight")) bytes += info.size;
    if (!name.ends_with(".ffn_down.weight")) continue;
    const ggml_type columns = type_of_columns(info.type);
    bytes += ggml_row_size(columns, info.shape[0]) * static_cast<std::uint64_t>(info.shape[1]);
  }
  return bytes;
}

NeuronRows::NeuronRows(const ModelFile& model, const Weights& weights, int layer, const LayerSplit& split) {
  const std::string prefix = "blk." + std::to_string(layer) + ".";
  const auto type_of = [&](const char* name) { return model.tensors.at(prefix + name).type; };
  input_type_ = type_of("ffn_gate.weight");
  down_type_ = type_of_columns(type_of("ffn_down.weight"));
  if (type_of("ffn_up.weight") != input_type_) {
    throw Error(ErrorKind::kBadModel,
                model.path.string() + ": gate and up of layer " + std::to_string(layer) +
                    " differ in type, which exact mode does not do; choose the mode dense");
  }

  const int embedding = model.embedding_length;
  up_offset_ = ggml_row_size(input_type_, embedding);
  down_offset_ = 2 * up_offset_;
  stride_ = GGML_PAD(down_offset_ + ggml_row_size(down_type_, embedding), kCacheLine);
  bytes_.resize(stride_ * split.order.size());
  copy_rows(weights.file_bytes(prefix + "ffn_gate.weight"), up_offset_, 0, split);
  copy_rows(weights.file_bytes(prefix + "ffn_up.weight"), up_offset_, up_offset_, split);
  copy_columns(weights.file_bytes(prefix + "ffn_down.weight"), type_of("ffn_down.weight"), embedding, split);
}

void NeuronRows::copy_rows(const std::byte* source, std::size_t row_bytes, std::size_t offset,
                           const LayerSplit& split) {
  std::byte* target = bytes_.data() + offset;
  for (const int neuron : split.order) {
    std::memcpy(target, source + row_bytes * static_cast<std::size_t>(neuron), row_bytes);
    target += stride_;
  }
}

void NeuronRows::copy_columns(const std::byte* source, ggml_type source_type, int embedding,
                              const LayerSplit& split) {
  // Some rows of the matrix at a time, so that each neuron's part of them is a run and not a single value.
  constexpr int kRowsAtOnce = 32;
  const std::size_t neurons = split.order.size();
  const std::size_t source_row = ggml_row_size(source_type, static_cast<std::int64_t>(neurons));
  std::vector<float> rows(kRowsAtOnce * neurons);
  std::vector<float> run(kRowsAtOnce);
  for (int first = 0; first < embedding; first += kRowsAtOnce) {
    const int count = std::min(kRowsAtOnce, embedding - first);
    for (int r = 0; r < count; ++r) {
      to_floats(source_type, source + source_row * static_cast<std::size_t>(first + r),
                rows.data() + neurons * static_cast<std::size_t>(r), static_cast<std::int64_t>(neurons));
    }
    std::byte* target = bytes_.data() + down_offset_ + ggml_row_size(down_type_, first);
    for (const int neuron : split.order) {
      for (int r = 0; r < count; ++r) {
        run[static_cast<std::size_t>(r)] =
            rows[neurons * static_cast<std::size_t>(r) + static_cast<std::size_t>(neuron)];
      }
      ggml_quantize_chunk(down_type_, run.data(), target, 0, 1, count, nullptr);
      target += stride_;
    }
  }
}

}  // namespace hotset

#include "hybrid/weights/neuron_arrangement.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>

#include "error.h"
#include "kernels/packing.h"
#include "kernels/widening.h"
#include "runtime/parallel.h"

namespace hotset {
namespace {

constexpr std::size_t kPartRows = 256;  // what a thread takes at a time

std::string prefix_of(int layer) { return "blk." + std::to_string(layer) + "."; }

/// PowerInfer's transposed matrix, or null.
const TensorInfo* transposed_down(const ModelFile& model, int layer) {
  const auto found = model.tensors.find(prefix_of(layer) + "ffn_down_t.weight");
  return found == model.tensors.end() ? nullptr : &found->second;
}

ggml_type type_of_columns(ggml_type matrix, int length) {
  if (matrix == GGML_TYPE_F32 || matrix == GGML_TYPE_F16 || matrix == GGML_TYPE_BF16) return matrix;
  return length % ggml_blck_size(GGML_TYPE_Q8_0) == 0 ? GGML_TYPE_Q8_0 : GGML_TYPE_F16;
}

/// Fifth bits that lie apart from the other four cost a kernel more than bytes do.
ggml_type type_of_rows(ggml_type matrix) { return matrix == GGML_TYPE_Q5_0 ? GGML_TYPE_Q8_0 : matrix; }

void to_floats(ggml_type type, const std::byte* bytes, float* values, std::int64_t count) {
  if (type == GGML_TYPE_F32) {
    std::memcpy(values, bytes, static_cast<std::size_t>(count) * sizeof(float));
  } else {
    ggml_get_type_traits(type)->to_float(bytes, values, count);
  }
}

/// Calls body(begin, end) for parts of `count` things.
void in_parts(int threads, std::size_t count, std::size_t length,
              const std::function<void(std::size_t begin, std::size_t end)>& body) {
  parallel_for(threads, (count + length - 1) / length,
               [&](std::size_t part) { body(part * length, std::min((part + 1) * length, count)); });
}

struct RowSource {
  const std::byte* bytes;
  ggml_type type;
  int length;
};

void arrange_rows(const RowSource& source, std::span<const int> order, int threads,
                  std::span<std::byte> rows) {
  const ggml_type type = type_of_rows(source.type);
  const std::size_t from = ggml_row_size(source.type, source.length);
  const std::size_t to = packed_row_bytes(type, source.length);
  in_parts(threads, order.size(), kPartRows, [&](std::size_t begin, std::size_t end) {
    std::vector<std::byte> widened(ggml_row_size(type, source.length));
    for (std::size_t place = begin; place < end; ++place) {
      const std::byte* row = source.bytes + from * static_cast<std::size_t>(order[place]);
      if (type != source.type) {
        widen_q5_0(row, source.length, widened.data());
        row = widened.data();
      }
      pack_row(type, row, source.length, rows.data() + to * place);
    }
  });
}

/// A matrix of which the columns are wanted.
struct ColumnSource {
  const std::byte* bytes;
  ggml_type type;
  int length;  ///< of a column
};

ColumnSource down_columns(const ModelFile& model, std::span<const std::byte> file, int layer) {
  const TensorInfo& down = model.tensors.at(prefix_of(layer) + "ffn_down.weight");
  return {.bytes = file.data() + down.offset, .type = down.type, .length = model.embedding_length};
}

/// The columns `begin` to `end` as floats, one behind the other. Some rows of the matrix are read at a time
/// only as far as these columns go.
std::vector<float> read_columns(const ColumnSource& source, std::size_t columns, std::size_t begin,
                                std::size_t end) {
  const std::size_t row_bytes = ggml_row_size(source.type, static_cast<std::int64_t>(columns));
  const std::byte* bytes = source.bytes + ggml_row_size(source.type, static_cast<std::int64_t>(begin));
  const auto length = static_cast<std::size_t>(source.length);
  std::vector<float> run(end - begin);
  std::vector<float> result((end - begin) * length);
  for (std::size_t row = 0; row < length; ++row) {
    to_floats(source.type, bytes + row_bytes * row, run.data(), static_cast<std::int64_t>(run.size()));
    for (std::size_t i = 0; i < run.size(); ++i) result[i * length + row] = run[i];
  }
  return result;
}

void arrange_columns(const ColumnSource& source, ggml_type type, std::span<const int> order, int threads,
                     std::span<std::byte> rows) {
  std::vector<std::size_t> place_of(order.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    place_of[static_cast<std::size_t>(order[place])] = place;
  }
  const std::size_t row_bytes = packed_row_bytes(type, source.length);
  const auto length = static_cast<std::size_t>(source.length);
  // Few enough that the columns of a part stay in the cache, and a whole number of the matrix's blocks.
  const std::size_t part = std::max<std::size_t>(64, static_cast<std::size_t>(ggml_blck_size(source.type)));
  in_parts(threads, order.size(), part, [&](std::size_t begin, std::size_t end) {
    const std::vector<float> columns = read_columns(source, order.size(), begin, end);
    std::vector<std::byte> row(ggml_row_size(type, source.length));
    for (std::size_t neuron = begin; neuron < end; ++neuron) {
      ggml_quantize_chunk(type, columns.data() + (neuron - begin) * length, row.data(), 0, 1, source.length,
                          nullptr);
      pack_row(type, row.data(), source.length, rows.data() + row_bytes * place_of[neuron]);
    }
  });
}

}  // namespace

RowTypes row_types(const ModelFile& model, int layer) {
  const auto type_of = [&](const char* name) {
    const auto found = model.tensors.find(prefix_of(layer) + name);
    if (found != model.tensors.end()) return found->second.type;
    throw Error(ErrorKind::kBadModel,
                model.path.string() + ": it has no " + prefix_of(layer) + name + "; choose the mode dense");
  };
  const ggml_type input = type_of("ffn_gate.weight");
  if (type_of("ffn_up.weight") != input) {
    throw Error(ErrorKind::kBadModel,
                model.path.string() + ": gate and up of layer " + std::to_string(layer) +
                    " differ in type, which exact mode does not do; choose the mode dense");
  }
  return {.input = type_of_rows(input), .down = down_row_type(model, layer)};
}

ggml_type down_row_type(const ModelFile& model, int layer) {
  if (const TensorInfo* down = transposed_down(model, layer)) return type_of_rows(down->type);
  const TensorInfo& down = model.tensors.at(prefix_of(layer) + "ffn_down.weight");
  return type_of_columns(down.type, model.embedding_length);
}

std::size_t input_row_bytes(const ModelFile& model, const RowTypes& types) {
  return packed_row_bytes(types.input, model.embedding_length);
}

std::size_t down_row_bytes(const ModelFile& model, const RowTypes& types) {
  return packed_row_bytes(types.down, model.embedding_length);
}

void arrange_layer(const ModelFile& model, std::span<const std::byte> file, int layer,
                   std::span<const int> order, int threads, const RowSpans& rows) {
  const RowTypes types = row_types(model, layer);
  const int length = model.embedding_length;
  const auto bytes_of = [&](const char* name) {
    return file.data() + model.tensors.at(prefix_of(layer) + name).offset;
  };
  const ggml_type input = model.tensors.at(prefix_of(layer) + "ffn_gate.weight").type;
  arrange_rows({bytes_of("ffn_gate.weight"), input, length}, order, threads, rows.gates);
  arrange_rows({bytes_of("ffn_up.weight"), input, length}, order, threads, rows.ups);
  if (const TensorInfo* down = transposed_down(model, layer)) {
    arrange_rows({file.data() + down->offset, down->type, length}, order, threads, rows.downs);
    return;
  }
  arrange_columns(down_columns(model, file, layer), types.down, order, threads, rows.downs);
}

void arrange_downs(const ModelFile& model, std::span<const std::byte> file, int layer, int threads,
                   std::span<std::byte> rows) {
  std::vector<int> order(static_cast<std::size_t>(model.feed_forward_length));
  std::iota(order.begin(), order.end(), 0);
  arrange_columns(down_columns(model, file, layer), down_row_type(model, layer), order, threads, rows);
}

std::vector<float> down_lengths(const ModelFile& model, std::span<const std::byte> file, int layer) {
  const ColumnSource down = down_columns(model, file, layer);
  const std::size_t row_bytes = ggml_row_size(down.type, model.feed_forward_length);
  std::vector<float> row(static_cast<std::size_t>(model.feed_forward_length));
  std::vector<double> squares(row.size());
  for (std::size_t r = 0; r < static_cast<std::size_t>(down.length); ++r) {
    to_floats(down.type, down.bytes + row_bytes * r, row.data(), model.feed_forward_length);
    for (std::size_t i = 0; i < row.size(); ++i) squares[i] += static_cast<double>(row[i] * row[i]);
  }
  std::ranges::transform(squares, row.begin(), [](double sum) { return static_cast<float>(std::sqrt(sum)); });
  return row;
}

}  // namespace hotset

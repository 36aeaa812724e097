#include "hybrid/prediction/learned_predictor.h"

#include <cstring>

#include "error.h"
#include "runtime/buffer_types.h"

namespace hotset {
namespace {

/// The rows of the neurons from place `first` on, in the order of the places.
std::vector<std::byte> rows_in_order(const std::byte* rows, std::size_t row_bytes, const LayerSplit& split,
                                     int first) {
  std::vector<std::byte> ordered(row_bytes * (split.order.size() - static_cast<std::size_t>(first)));
  std::byte* target = ordered.data();
  for (auto place = static_cast<std::size_t>(first); place < split.order.size(); ++place) {
    std::memcpy(target, rows + row_bytes * static_cast<std::size_t>(split.order[place]), row_bytes);
    target += row_bytes;
  }
  return ordered;
}

}  // namespace

LearnedPredictor::Matrix LearnedPredictor::place(ggml_type type, std::int64_t columns, std::int64_t rows,
                                                 const std::byte* bytes) {
  Matrix matrix;
  matrix.context = make_context(1);
  matrix.tensor = ggml_new_tensor_2d(matrix.context.get(), type, columns, rows);
  ggml_backend_buffer_type_t fastest = fastest_for_products(type, columns, rows);
  matrix.buffer.reset(ggml_backend_alloc_ctx_tensors_from_buft(
      matrix.context.get(), fastest != nullptr ? fastest : plain_buffer_type()));
  if (!matrix.buffer) {
    throw Error(ErrorKind::kOutOfMemory, "not enough memory for the predictors; choose the mode exact");
  }
  ggml_backend_buffer_set_usage(matrix.buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
  ggml_backend_tensor_set(matrix.tensor, bytes, 0, ggml_nbytes(matrix.tensor));
  return matrix;
}

LearnedPredictor::LearnedPredictor(const PredictorFile& file, const std::vector<LayerSplit>& splits)
    : input_(file.input) {
  for (std::size_t layer = 0; layer < splits.size(); ++layer) {
    const LayerPredictor& described = file.layers[layer];
    const LayerSplit& split = splits[layer];
    const std::int64_t hidden = described.fc1.shape[1];
    Layer own{.fc1 = place(described.fc1.type, described.fc1.shape[0], hidden, file.bytes(described.fc1)),
              .fc2 = {},
              .first = first_predicted(split),
              .threshold = described.threshold};
    const auto rows = static_cast<std::int64_t>(split.order.size()) - own.first;
    if (rows > 0) {
      const std::size_t row_bytes = ggml_row_size(described.fc2.type, hidden);
      const auto ordered = rows_in_order(file.bytes(described.fc2), row_bytes, split, own.first);
      own.fc2 = place(described.fc2.type, hidden, rows, ordered.data());
    }
    layers_.push_back(std::move(own));
  }
}

ggml_tensor* LearnedPredictor::build(ggml_context* context, int layer, FeedForwardInput input) {
  const Layer& own = layers_[static_cast<std::size_t>(layer)];
  if (own.fc2.tensor == nullptr) return nullptr;
  ggml_tensor* source = needs_hidden() ? input.hidden : input.normed;
  ggml_tensor* hidden = ggml_relu(context, ggml_mul_mat(context, own.fc1.tensor, source));
  return ggml_mul_mat(context, own.fc2.tensor, hidden);
}

std::uint64_t LearnedPredictor::bytes() const {
  std::uint64_t bytes = 0;
  for (const Layer& layer : layers_) {
    if (layer.fc2.tensor != nullptr) bytes += ggml_nbytes(layer.fc1.tensor) + ggml_nbytes(layer.fc2.tensor);
  }
  return bytes;
}

}  // namespace hotset

#include "decode/predictor_trainer.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "error.h"
#include "hybrid/prediction/predictor_training.h"
#include "hybrid/support.h"
#include "hybrid/weights/neuron_arrangement.h"
#include "runtime/available_memory.h"

namespace hotset {
namespace {

std::string layer_prefix(int layer) { return "blk." + std::to_string(layer) + "."; }

void to_floats(const TensorInfo& matrix, const std::byte* row, std::vector<float>& values) {
  values.resize(static_cast<std::size_t>(matrix.shape[0]));
  if (matrix.type == GGML_TYPE_F32) {
    std::copy_n(reinterpret_cast<const float*>(row), values.size(), values.begin());
  } else {
    ggml_get_type_traits(matrix.type)->to_float(row, values.data(), matrix.shape[0]);
  }
}

/// Euclidean length of each neuron's down column, [neurons].
std::vector<float> down_lengths(const ModelFile& model, const Weights& weights, int layer) {
  const std::string transposed = layer_prefix(layer) + "ffn_down_t.weight";
  const bool by_neuron = model.tensors.contains(transposed);
  const std::string name = by_neuron ? transposed : layer_prefix(layer) + "ffn_down.weight";
  const TensorInfo& matrix = model.tensors.at(name);
  const std::size_t row_bytes = ggml_row_size(matrix.type, matrix.shape[0]);
  std::vector<double> squares(static_cast<std::size_t>(model.feed_forward_length));
  std::vector<float> row;
  for (std::size_t index = 0; index < static_cast<std::size_t>(matrix.shape[1]); ++index) {
    to_floats(matrix, weights.file_bytes(name) + index * row_bytes, row);
    for (std::size_t i = 0; i < row.size(); ++i) {
      squares[by_neuron ? index : i] += static_cast<double>(row[i]) * static_cast<double>(row[i]);
    }
  }
  std::vector<float> lengths(squares.size());
  std::ranges::transform(squares, lengths.begin(),
                         [](double square) { return static_cast<float>(std::sqrt(square)); });
  return lengths;
}

}  // namespace

PredictorTrainer::PredictorTrainer(Profiler& profiler) : profiler_(profiler) {
  if (has_exact_zeros(profiler.file().activation)) return;
  throw Error(ErrorKind::kBadInput, profiler.file().path.string() +
                                        ": predictors need a model with ReLU activations, whose neurons are "
                                        "exactly zero when they do not fire; choose another model");
}

std::size_t PredictorTrainer::most_tokens(int layers) const {
  const ModelFile& model = profiler_.file();
  const std::size_t bytes =
      PredictorSamples::bytes_per_token(model.embedding_length, model.feed_forward_length);
  return static_cast<std::size_t>(available_memory() / 2) / bytes / static_cast<std::size_t>(layers);
}

void PredictorTrainer::begin(int first, int count) {
  const ModelFile& model = profiler_.file();
  if (first < 0 || count < 1 || count > model.layers - first) {
    throw Error(ErrorKind::kBadInput, "the model has no such layers");
  }
  layers_.clear();
  first_ = first;
  for (int layer = first; layer < first + count; ++layer) {
    layers_.push_back({.samples = {model.embedding_length, model.feed_forward_length},
                       .down_lengths = down_lengths(model, profiler_.recorder().weights(), layer)});
  }
}

bool PredictorTrainer::sample(std::span<const Token> text, const CancelFlag& cancel) {
  return profiler_.recorder().run(text, cancel, [&](const LayerRecord& record) {
    const int index = record.layer - first_;
    if (index < 0 || index >= static_cast<int>(layers_.size())) return;
    Layer& layer = layers_[static_cast<std::size_t>(index)];
    for (int token = 0; token < record.tokens; ++token) {
      layer.samples.add(record.normed.of(token), record.activations.of(token), layer.down_lengths);
    }
  });
}

std::optional<PredictorPartFigures> PredictorTrainer::train(int layer, double recall,
                                                            const std::filesystem::path& path,
                                                            const Progress& progress,
                                                            const CancelFlag& cancel) {
  if (!(recall > 0.0 && recall <= 1.0)) throw Error(ErrorKind::kBadInput, "recall must lie between 0 and 1");
  if (layer < first_ || layer >= first_ + static_cast<int>(layers_.size())) {
    throw Error(ErrorKind::kBadInput, "no samples were taken of layer " + std::to_string(layer));
  }
  const ModelFile& model = profiler_.file();
  PredictorSamples& samples = layers_[static_cast<std::size_t>(layer - first_)].samples;
  TrainingOptions options;
  options.recall = recall;
  // As rows are kept for decoding, which is not always the file's type.
  options.gate_bytes =
      input_row_bytes(model, row_types(model, layer)) * static_cast<std::size_t>(model.feed_forward_length);
  options.threads = profiler_.threads();
  auto trained = train_predictor(samples, options, progress, cancel);
  if (!trained) return std::nullopt;
  const PredictorPart part{.layer = layer,
                           .type = trained->type,
                           .hidden = trained->hidden,
                           .fc1 = std::move(trained->fc1),
                           .fc2 = std::move(trained->fc2),
                           .threshold = trained->threshold,
                           .wanted_recall = static_cast<float>(recall),
                           .recall = static_cast<float>(trained->recall),
                           .share = static_cast<float>(trained->share)};
  write_predictor_part(path, model, part);
  samples = {model.embedding_length, model.feed_forward_length};
  return read_predictor_part(path, model);
}

}  // namespace hotset

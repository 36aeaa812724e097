#include "neurons/predictor_file.h"

#include <cmath>
#include <string>
#include <utility>

#include "error.h"
#include "gguf/fingerprint.h"
#include "gguf/metadata.h"
#include "gguf/printable.h"

namespace hotset {
namespace {

constexpr const char* kArchitecture = "hotset.predictors";

[[noreturn]] void fail(const ModelFile& file, const std::string& what) {
  throw Error(ErrorKind::kBadModel, file.path.string() + ": " + what);
}

std::string shape_text(const TensorInfo& matrix) {
  return std::to_string(matrix.shape[0]) + " x " + std::to_string(matrix.shape[1]);
}

TensorInfo find_matrix(const ModelFile& file, const std::string& name) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end()) {
    fail(file, "its predictor lacks " + name + "; train the predictors again or choose the predictor sign");
  }
  const TensorInfo& info = found->second;
  const bool readable = info.type == GGML_TYPE_F32 || ggml_get_type_traits(info.type)->to_float != nullptr;
  if (!readable || info.size == 0 || info.shape[2] != 1 || info.shape[3] != 1) {
    fail(file, name + " is no matrix of weights; train the predictors again");
  }
  return info;
}

LayerPredictor find_layer(const ModelFile& file, const ModelFile& model, int layer) {
  const std::string prefix = "blk." + std::to_string(layer) + ".";
  LayerPredictor predictor{.fc1 = find_matrix(file, prefix + "fc1.weight"),
                           .fc2 = find_matrix(file, prefix + "fc2.weight")};
  const auto& fc1 = predictor.fc1.shape;
  const auto& fc2 = predictor.fc2.shape;
  if (fc1[0] != model.embedding_length || fc2[0] != fc1[1] || fc2[1] != model.feed_forward_length) {
    fail(file, "the predictor of layer " + std::to_string(layer) + " has the shapes " +
                   shape_text(predictor.fc1) + " and " + shape_text(predictor.fc2) + " where the model has " +
                   std::to_string(model.embedding_length) + " inputs and " +
                   std::to_string(model.feed_forward_length) + " neurons; train the predictors again");
  }
  return predictor;
}

/// The thresholds of `layers` layers, or the one for all that PowerInfer's files have.
std::vector<float> read_thresholds(const ModelFile& file, const Metadata& metadata, int layers) {
  constexpr const char* kKey = "hotset.predictor.threshold";
  std::vector<float> thresholds = metadata.reals(kKey);
  if (!metadata.has(kKey)) {
    const double common = metadata.real("powerinfer.sparse_threshold").value_or(0.0);
    thresholds.assign(static_cast<std::size_t>(layers), static_cast<float>(common));
  }
  if (thresholds.size() != static_cast<std::size_t>(layers)) {
    fail(file, std::string(kKey) + " does not hold " + std::to_string(layers) +
                   " numbers, one for each layer; train the predictors again");
  }
  for (const float threshold : thresholds) {
    if (!std::isfinite(threshold))
      fail(file, "a predictor's threshold is no number; train the predictors again");
  }
  return thresholds;
}

PredictorInput read_input(const ModelFile& file, const Metadata& metadata, const ModelFile& model) {
  constexpr const char* kKey = "hotset.predictor.input";
  // Only PowerInfer's own files leave it open.
  const auto name = metadata.text(kKey);
  if (!name) return file.path == model.path ? PredictorInput::kResidual : PredictorInput::kNormed;
  if (*name == "normed") return PredictorInput::kNormed;
  if (*name == "residual") return PredictorInput::kResidual;
  fail(file, std::string(kKey) + " is \"" + printable(*name) +
                 "\" instead of normed or residual; train the predictors again");
}

}  // namespace

bool PredictorFile::has_predictors(const ModelFile& model) {
  return model.tensors.contains("blk.0.fc1.weight");
}

PredictorFile::PredictorFile(const ModelFile& file, const ModelFile& model) {
  const Metadata metadata = Metadata::read(file.path, file.size_bytes);
  input = read_input(file, metadata, model);
  const std::vector<float> thresholds = read_thresholds(file, metadata, model.layers);
  for (int layer = 0; layer < model.layers; ++layer) {
    layers.push_back(find_layer(file, model, layer));
    layers.back().threshold = thresholds[static_cast<std::size_t>(layer)];
  }
  file_ = std::make_unique<MappedFile>(file.path);
}

PredictorFile PredictorFile::of_model(const ModelFile& model) { return {model, model}; }

PredictorFile PredictorFile::read(const std::filesystem::path& path, const ModelFile& model) {
  const ModelFile file = ModelFile::open_tensors(path);
  if (file.architecture != kArchitecture) {
    fail(file, "holds no predictors (its architecture is \"" + file.architecture +
                   "\"); choose a .predictors.gguf");
  }
  const auto maker = Metadata::read(path, file.size_bytes).text("hotset.predictors.model_fingerprint");
  if (maker && *maker != model_fingerprint(model)) {
    fail(file, "holds the predictors of another model; train the predictors again");
  }
  return {file, model};
}

}  // namespace hotset

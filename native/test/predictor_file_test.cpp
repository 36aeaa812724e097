// Predictors as files hold them: what is read, and what is refused.
#include "neurons/predictor_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "error.h"
#include "gguf/fingerprint.h"
#include "scratch_file.h"
#include "sparse_models.h"

namespace {

using hotset::Activation;
using hotset::Error;
using hotset::ModelFile;
using hotset::PredictorFile;
using hotset::PredictorInput;
using hotset::test::ScratchFile;
using hotset::test::TensorFile;

constexpr int kLayers = 4;
constexpr int kEmbedding = 256;
constexpr int kNeurons = 768;

ModelFile model_of(const ScratchFile& file) {
  write_synthetic_model(hotset::test::sparse_model(Activation::kRelu, GGML_TYPE_F16), file.path());
  return ModelFile::open(file.path());
}

void add_layer(TensorFile& file, int layer, int hidden, int neurons = kNeurons) {
  const std::string prefix = "blk." + std::to_string(layer) + ".";
  const auto value = [layer](int column, int row) { return static_cast<float>(layer + column - row); };
  file.add(prefix + "fc1.weight", kEmbedding, hidden, value);
  file.add(prefix + "fc2.weight", hidden, neurons, value);
}

void add_layers(TensorFile& file) {
  for (int layer = 0; layer < kLayers; ++layer) add_layer(file, layer, 8 + layer);
}

void set_thresholds(TensorFile& file, const std::vector<float>& thresholds) {
  gguf_set_arr_data(file.keys(), "hotset.predictor.threshold", GGUF_TYPE_FLOAT32, thresholds.data(),
                    thresholds.size());
}

/// Expects that reading what `fill` writes is refused with `message`.
void expect_refusal(const char* message, const std::function<void(TensorFile&)>& fill) {
  const ScratchFile model;
  const ScratchFile path;
  TensorFile file("hotset.predictors");
  fill(file);
  file.write(path.path());
  const ModelFile described = model_of(model);
  CHECK_THROWS_WITH_AS(PredictorFile::read(path.path(), described), doctest::Contains(message), Error);
}

TEST_CASE("predictors beside a model: sizes and thresholds of every layer") {
  const ScratchFile model;
  const ScratchFile path;
  TensorFile file("hotset.predictors");
  add_layers(file);
  set_thresholds(file, {0.5F, -1.0F, 0.0F, 2.0F});
  file.write(path.path());
  const PredictorFile read = PredictorFile::read(path.path(), model_of(model));
  CHECK(read.input == PredictorInput::kNormed);
  REQUIRE(read.layers.size() == kLayers);
  CHECK(read.layers[1].threshold == -1.0F);
  CHECK(read.layers[3].fc1.shape[1] == 11);
  CHECK(read.layers[3].fc2.shape[1] == kNeurons);
  const auto* values = reinterpret_cast<const float*>(read.bytes(read.layers[3].fc2));
  CHECK(values[11 * 2 + 5] == 3 + 5 - 2);
}

TEST_CASE("keys that PowerInfer's files and ours set") {
  const ScratchFile model;
  const ScratchFile path;
  TensorFile file("hotset.predictors");
  add_layers(file);
  gguf_set_val_f32(file.keys(), "powerinfer.sparse_threshold", 0.25F);
  gguf_set_val_str(file.keys(), "hotset.predictor.input", "residual");
  file.write(path.path());
  const PredictorFile read = PredictorFile::read(path.path(), model_of(model));
  CHECK(read.input == PredictorInput::kResidual);
  for (const auto& layer : read.layers) CHECK(layer.threshold == 0.25F);
}

TEST_CASE("predictors that do not fit are refused, with what to do") {
  expect_refusal("lacks blk.3.fc1.weight", [](TensorFile& file) {
    for (int layer = 0; layer < 3; ++layer) add_layer(file, layer, 8);
  });
  expect_refusal("768 neurons; train the predictors again", [](TensorFile& file) {
    for (int layer = 0; layer < kLayers; ++layer) add_layer(file, layer, 8, 700);
  });
  expect_refusal("does not hold 4 numbers", [](TensorFile& file) {
    add_layers(file);
    set_thresholds(file, {0.0F, 1.0F});
  });
  expect_refusal("does not hold 4 numbers", [](TensorFile& file) {
    add_layers(file);
    gguf_set_val_str(file.keys(), "hotset.predictor.threshold", "high");
  });
  expect_refusal("no number", [](TensorFile& file) {
    add_layers(file);
    set_thresholds(file, {0.0F, std::numeric_limits<float>::quiet_NaN(), 0.0F, 0.0F});
  });
  expect_refusal("instead of normed or residual", [](TensorFile& file) {
    add_layers(file);
    gguf_set_val_str(file.keys(), "hotset.predictor.input", "logits");
  });
}

TEST_CASE("predictors name the model they were trained on") {
  const ScratchFile model;
  const ScratchFile path;
  const ModelFile described = model_of(model);
  for (const bool same : {true, false}) {
    const std::string fingerprint = same ? model_fingerprint(described) : "0123456789abcdef";
    TensorFile file("hotset.predictors");
    add_layers(file);
    gguf_set_val_str(file.keys(), "hotset.predictors.model_fingerprint", fingerprint.c_str());
    file.write(path.path());
    if (same) CHECK_NOTHROW(PredictorFile::read(path.path(), described));
    if (!same) {
      CHECK_THROWS_WITH_AS(PredictorFile::read(path.path(), described), doctest::Contains("another model"),
                           Error);
    }
  }
}

TEST_CASE("files that hold no predictors") {
  const ScratchFile model;
  const ModelFile described = model_of(model);
  CHECK_FALSE(PredictorFile::has_predictors(described));
  CHECK_THROWS_WITH_AS(PredictorFile::read(model.path(), described), doctest::Contains("no predictors"),
                       Error);
  CHECK_THROWS_WITH_AS(PredictorFile::read(model.path().string() + ".none", described),
                       doctest::Contains("no such file"), Error);
}

TEST_CASE("a predictor file cut anywhere is refused") {
  const ScratchFile model;
  const ScratchFile path;
  const ModelFile described = model_of(model);
  TensorFile file("hotset.predictors");
  add_layers(file);
  file.write(path.path());
  std::ifstream stream(path.path(), std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(stream)), {});
  for (std::size_t length = 0; length + 64 < bytes.size(); length += bytes.size() / 97) {
    const ScratchFile cut;
    std::ofstream(cut.path(), std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(length));
    CAPTURE(length);
    CHECK_THROWS_AS(PredictorFile::read(cut.path(), described), Error);
  }
}

}  // namespace

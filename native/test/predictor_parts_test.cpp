// Layers' predictors in files of their own, and what they are joined to.
#include "neurons/predictor_parts.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "error.h"
#include "gguf/synthetic_model.h"
#include "neurons/predictor_file.h"
#include "scratch_file.h"

namespace {

using hotset::ModelFile;
using hotset::PredictorPart;
using hotset::test::ScratchFile;

ModelFile write_model(const std::filesystem::path& path, std::uint64_t seed) {
  hotset::SyntheticModel shape;
  shape.activation = hotset::Activation::kRelu;
  shape.seed = seed;
  hotset::write_synthetic_model(shape, path);
  return ModelFile::open(path);
}

PredictorPart some_part(const ModelFile& model, int layer) {
  PredictorPart part;
  part.layer = layer;
  part.hidden = 32;
  part.threshold = 0.5F + static_cast<float>(layer);
  part.fc1.assign(32 * static_cast<std::size_t>(model.embedding_length), 0.25F);
  part.fc2.assign(32 * static_cast<std::size_t>(model.feed_forward_length), -0.5F);
  part.wanted_recall = 0.95F;
  part.recall = 0.96F;
  part.share = 0.2F;
  return part;
}

TEST_CASE("parts are joined to predictors that the decoder reads") {
  const ScratchFile model_file;
  const ModelFile model = write_model(model_file.path(), 1);
  const ScratchFile first;
  const ScratchFile second;
  const ScratchFile joined;
  write_predictor_part(first.path(), model, some_part(model, 0));
  write_predictor_part(second.path(), model, some_part(model, 1));
  const auto figures = read_predictor_part(second.path(), model);
  REQUIRE(figures);
  CHECK(figures->layer == 1);
  CHECK(figures->hidden == 32);
  CHECK(figures->recall == 0.96F);
  CHECK(figures->bytes ==
        static_cast<std::uint64_t>(2 * 32 * (model.embedding_length + model.feed_forward_length)));

  join_predictor_parts({first.path(), second.path()}, model, joined.path());
  const auto predictors = hotset::PredictorFile::read(joined.path(), model);
  REQUIRE(predictors.layers.size() == 2);
  CHECK(predictors.input == hotset::PredictorInput::kNormed);
  CHECK(predictors.layers[1].threshold == 1.5F);
  const auto* value = reinterpret_cast<const ggml_fp16_t*>(predictors.bytes(predictors.layers[1].fc2));
  CHECK(ggml_fp16_to_fp32(*value) == -0.5F);
}

TEST_CASE("parts of other models, other layers or damaged ones are not joined") {
  const ScratchFile model_file;
  const ScratchFile other_file;
  const ModelFile model = write_model(model_file.path(), 1);
  const ModelFile other = write_model(other_file.path(), 2);
  const ScratchFile part;
  const ScratchFile joined;
  CHECK_FALSE(read_predictor_part(part.path(), model));
  write_predictor_part(part.path(), model, some_part(model, 0));
  CHECK_FALSE(read_predictor_part(part.path(), other));
  CHECK_THROWS_AS(join_predictor_parts({part.path(), part.path()}, model, joined.path()), hotset::Error);
  CHECK_THROWS_AS(join_predictor_parts({part.path()}, model, joined.path()), hotset::Error);
  CHECK_FALSE(std::filesystem::exists(joined.path()));
  std::filesystem::resize_file(part.path(), 100);
  CHECK_FALSE(read_predictor_part(part.path(), model));
}

}  // namespace

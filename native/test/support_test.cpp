// Which models the hybrid decoder takes, and what it says of the others.
#include "hybrid/support.h"

#include <doctest/doctest.h>

#include <string>

#include "decode/hybrid_decoder.h"
#include "error.h"
#include "gguf/synthetic_model.h"
#include "scratch_file.h"

namespace {

using hotset::Activation;
using hotset::ModelFile;

ModelFile good_model() {
  const hotset::test::ScratchFile file;
  hotset::write_synthetic_model({}, file.path());
  return ModelFile::open(file.path());
}

bool names(const ModelFile& model, const std::string& reason) {
  return hotset::hybrid_obstacle(model).value_or("").find(reason) != std::string::npos;
}

TEST_CASE("llama and qwen2 models of every activation are taken") {
  ModelFile model = good_model();
  CHECK_FALSE(hotset::hybrid_obstacle(model));
  model.architecture = "qwen2";
  model.activation = Activation::kDrelu;
  CHECK_FALSE(hotset::hybrid_obstacle(model));
  model.tensors["blk.0.fc1.weight"] = {};
  CHECK_FALSE(hotset::hybrid_obstacle(model));
}

TEST_CASE("what our graph does not compute is named") {
  ModelFile model = good_model();
  model.architecture = "mamba";
  CHECK(names(model, "mamba"));
  model = good_model();
  model.experts = 8;
  CHECK(names(model, "mixture of experts"));
  model = good_model();
  model.uniform_layers = false;
  CHECK(names(model, "layers differ"));
  model = good_model();
  model.activation = Activation::kOther;
  CHECK(names(model, "activation"));
  model = good_model();
  model.architecture = "qwen2";
  model.rope.scaling_type = "longrope";
  CHECK(names(model, "longrope"));
  model = good_model();
  model.rope.absent = true;
  CHECK(names(model, "no rotary embedding"));
  model = good_model();
  model.tensors["blk.1.attn_q_norm.weight"] = {};
  CHECK(names(model, "blk.1.attn_q_norm.weight"));
  model = good_model();
  model.tensors.clear();
  CHECK(names(model, "without weights"));
}

TEST_CASE("only GELU is computed where neurons have no gate") {
  hotset::SyntheticModel description;
  description.architecture = "starcoder2";
  const hotset::test::ScratchFile file;
  write_synthetic_model(description, file.path());
  ModelFile model = ModelFile::open(file.path());
  CHECK_FALSE(hotset::hybrid_obstacle(model));
  CHECK(hotset::neuron_obstacle(model));
  model.activation = Activation::kRelu;
  CHECK(names(model, "activation"));
}

TEST_CASE("weights of a type that our graph has no products with are named") {
  for (const ggml_type type : {GGML_TYPE_TQ1_0, GGML_TYPE_I8, GGML_TYPE_F64}) {
    ModelFile model = good_model();
    model.tensors.at("blk.1.ffn_up.weight").type = type;
    CHECK(names(model, "blk.1.ffn_up.weight"));
    CHECK(names(model, ggml_type_name(type)));
  }
}

TEST_CASE("a decoder for such a model is refused in one line that says what to choose") {
  ModelFile model = good_model();
  model.experts = 8;
  CHECK_THROWS_WITH_AS(make_hybrid_decoder(model, {}, [](double) {}),
                       doctest::Contains("choose the decoder llama.cpp"), hotset::Error);
}

TEST_CASE("only ReLU leaves neurons at exactly zero") {
  CHECK(hotset::has_exact_zeros(Activation::kRelu));
  CHECK(hotset::has_exact_zeros(Activation::kDrelu));
  CHECK_FALSE(hotset::has_exact_zeros(Activation::kSilu));
}

}  // namespace

// llama.cpp on a GPU: the same logits, and exactly as many bytes as it was said to take. Mesa's driver in
// software stands in where there is no other.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "decode/llama_decoder.h"
#include "decode/llama_gpu_fit.h"
#include "gguf/synthetic_model.h"
#include "scratch_file.h"

using hotset::CancelFlag;
using hotset::LlamaDecoder;
using hotset::LlamaGpu;
using hotset::Token;

namespace {

const CancelFlag kNever{false};
constexpr int kContext = 256;
constexpr int kLayers = 4;
// Logits deviate by about 1; products and the KV cache are in half precision.
constexpr float kRounding = 0.02F;

ggml_backend_dev_t gpu() {
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU);
  REQUIRE_MESSAGE(
      device != nullptr,
      "no GPU: install mesa-vulkan-drivers and set GGML_VK_VISIBLE_DEVICES=0, as npm run test:native does");
  return device;
}

struct Model {
  Model() {
    hotset::SyntheticModel description;
    description.vocabulary_size = 64;
    description.layers = kLayers;
    hotset::write_synthetic_model(description, file.path());
  }

  LlamaDecoder open(const LlamaGpu& placed) const {
    auto model = hotset::load_llama_model(
        file.path(), hotset::LlamaModelPart::kEverything, [](double) {}, kNever, placed);
    return {std::move(model), kContext, 2, placed};
  }

  hotset::LlamaGpuFit fit(std::uint64_t budget) const {
    return hotset::fit_gpu_layers(file.path(), kContext, gpu(), budget, kNever);
  }

  hotset::test::ScratchFile file;
};

std::vector<float> logits_of(LlamaDecoder decoder) {
  const std::vector<Token> tokens = {1, 5, 9, 33, 2, 60, 7, 7};
  return decoder.all_logits(tokens);
}

}  // namespace

TEST_CASE("llama.cpp gives the same logits with none, some and all layers on a GPU") {
  const Model model;
  const std::vector<float> expected = logits_of(model.open({}));
  for (const int layers : {1, 2, kLayers + 1}) {
    CAPTURE(layers);
    const std::vector<float> logits = logits_of(model.open({.device = gpu(), .layers = layers}));
    REQUIRE(logits.size() == expected.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
      CHECK(std::abs(logits[i] - expected[i]) < kRounding);
    }
  }
}

TEST_CASE("llama.cpp says what it holds on a GPU") {
  const Model model;
  const auto none = model.open({}).describe();
  CHECK(none.device.empty());
  CHECK(none.gpu_bytes == 0);
  const auto some = model.open({.device = gpu(), .layers = 3}).describe();
  CHECK(some.device == ggml_backend_dev_description(gpu()));
  CHECK(some.gpu_bytes > 0);
  CHECK(some.head_on_gpu);
  CHECK(some.attention_layers_on_gpu == 2);
  CHECK(some.gpu_share == doctest::Approx(0.5));
}

TEST_CASE("the layers that fit a budget take exactly the bytes foretold, and one more would not fit") {
  const Model model;
  const std::uint64_t everything = model.fit(UINT64_MAX).bytes;
  for (int tenth = 0; tenth <= 10; ++tenth) {
    CAPTURE(tenth);
    const std::uint64_t budget = everything * static_cast<std::uint64_t>(tenth) / 10;
    const hotset::LlamaGpuFit fit = model.fit(budget);
    CHECK(fit.bytes <= budget);
    if (fit.layers > 0) {
      CHECK(model.open({.device = gpu(), .layers = fit.layers}).describe().gpu_bytes == fit.bytes);
    }
    if (fit.layers <= kLayers) {
      const LlamaGpu more{.device = gpu(), .layers = fit.layers + 1};
      CHECK(model.open(more).describe().gpu_bytes > budget);
    }
  }
  CHECK(model.fit(everything).layers == kLayers + 1);
}

TEST_CASE("sizes are reckoned without touching the weights") {
  const Model model;
  const auto sizes = hotset::load_llama_model(
      model.file.path(), hotset::LlamaModelPart::kSizes, [](double) {}, kNever);
  CHECK(llama_model_n_layer(sizes.get()) == kLayers);
}

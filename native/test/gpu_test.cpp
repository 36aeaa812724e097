// CPU and GPU together against the CPU alone. Mesa's software driver stands in for a GPU where there is none.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "decode/hybrid_decoder.h"
#include "embedded_model.h"
#include "error.h"
#include "gguf/synthetic_model.h"
#include "hybrid/gather.h"
#include "runtime/devices.h"
#include "runtime/log.h"
#include "scratch_file.h"

namespace {

using hotset::Activation;
using hotset::CancelFlag;
using hotset::Decoder;
using hotset::HybridOptions;
using hotset::Mode;
using hotset::ModelFile;
using hotset::Placement;
using hotset::SyntheticModel;
using hotset::Token;
using hotset::test::ScratchFile;

const CancelFlag kNever{false};

std::string gpu_name() {
  const auto gpus = hotset::gpus();
  REQUIRE_MESSAGE(!gpus.empty(), "no GPU: install mesa-vulkan-drivers and set GGML_VK_VISIBLE_DEVICES=0");
  return gpus[0].name;
}

enum class Where { kCpu, kGpu, kEvenLayersOnGpu };

/// share: of each layer's neurons, on the GPU
Placement place(const ModelFile& model, double share, Where attention, bool head) {
  Placement placement;
  placement.device = gpu_name();
  placement.head_on_gpu = head;
  const int groups = model.feed_forward_length / hotset::kGatherGranularity;
  for (int layer = 0; layer < model.layers; ++layer) {
    const bool on_gpu = attention == Where::kGpu || (attention == Where::kEvenLayersOnGpu && layer % 2 == 0);
    const int hot = share == 1.0 ? model.feed_forward_length
                                 : static_cast<int>(share * groups) * hotset::kGatherGranularity;
    placement.layers.push_back({.attention_on_gpu = on_gpu, .hot_on_gpu = hot});
  }
  return placement;
}

std::unique_ptr<Decoder> open(const std::filesystem::path& path, const HybridOptions& options) {
  return make_hybrid_decoder(ModelFile::open(path), options, [](double) {});
}

Token best(std::span<const float> logits) {
  return static_cast<Token>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

/// Greedy continuation of token 1.
std::vector<Token> generate(Decoder& decoder, int count) {
  std::vector<Token> tokens = {1};
  for (int i = 0; i < count; ++i) {
    REQUIRE(decoder.append({&tokens.back(), 1}, kNever));
    tokens.push_back(best(decoder.logits()));
  }
  return tokens;
}

SyntheticModel test_model(Activation activation, ggml_type type) {
  SyntheticModel description;
  description.activation = activation;
  description.layers = 4;
  description.embedding_length = 256;
  description.feed_forward_length = 768;
  description.vocabulary_size = 512;
  description.context_length = 1024;
  description.type = type;
  return description;
}

std::vector<Token> some_tokens(int count, int vocabulary) {
  std::vector<Token> tokens;
  tokens.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) tokens.push_back((i * 31 + i / 7) % vocabulary);
  return tokens;
}

/// One token at a time, every position's logits.
std::vector<float> one_by_one(Decoder& decoder, const std::vector<Token>& tokens) {
  std::vector<float> all;
  for (const Token token : tokens) {
    REQUIRE(decoder.append({&token, 1}, kNever));
    all.insert(all.end(), decoder.logits().begin(), decoder.logits().end());
  }
  return all;
}

/// Root mean square difference, relative to the expected values' own.
double difference(std::span<const float> actual, std::span<const float> expected) {
  REQUIRE(actual.size() == expected.size());
  double differences = 0.0;
  double squares = 0.0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    differences += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
    squares += std::pow(static_cast<double>(expected[i]), 2);
  }
  return std::sqrt(differences / squares);
}

TEST_CASE("exact with a GPU is dense on the embedded model: 500 greedy tokens for every split") {
  const auto path = hotset::test::embedded_model();
  const ModelFile model = ModelFile::open(path);
  const auto dense = open(path, {});
  const std::vector<Token> expected = generate(*dense, 500);
  for (const double share : {0.0, 0.3, 1.0}) {
    for (const Where attention : {Where::kCpu, Where::kGpu}) {
      CAPTURE(share);
      CAPTURE(static_cast<int>(attention));
      HybridOptions options;
      options.mode = Mode::kExact;
      options.profile = hotset::test::embedded_profile();
      options.placement = place(model, share, attention, attention == Where::kGpu);
      const auto decoder = open(path, options);
      CHECK(decoder->describe().device == hotset::gpus()[0].description);
      CHECK(generate(*decoder, 500) == expected);
    }
  }
}

// The CPU rounds every product's input to F16, or for quantised weights to blocks of 8 bits; the GPU rounds
// it not at all, or otherwise. Each rounding moves a product by 2e-4 or 4e-3 of itself, and the layers add
// that up; a wrong row or a missing block moves logits by a tenth of themselves and more.
double bound_of(ggml_type type) { return type == GGML_TYPE_F16 ? 1e-2 : 3e-2; }

TEST_CASE("logits with a GPU are the CPU's, decoding and prefilling, dense and exact") {
  for (const Activation activation : {Activation::kRelu, Activation::kSilu}) {
    for (const ggml_type type : {GGML_TYPE_F16, GGML_TYPE_Q4_0}) {
      const SyntheticModel description = test_model(activation, type);
      const ScratchFile file;
      write_synthetic_model(description, file.path());
      const ModelFile model = ModelFile::open(file.path());
      // Prompts of 16 tokens make ggml's Vulkan backend grow its scratch memory between two uses of a
      // descriptor set, of whose bindings a shader uses the first few; Mesa's software driver (22.3) looks at
      // the others too, and so at memory that is gone.
      const std::vector<Token> tokens = some_tokens(40, description.vocabulary_size);
      HybridOptions options;
      options.mode = activation == Activation::kRelu ? Mode::kExact : Mode::kDense;
      const auto on_cpu = open(file.path(), options);
      const std::vector<float> decoded = one_by_one(*on_cpu, tokens);
      on_cpu->truncate(0);
      REQUIRE(on_cpu->append(tokens, kNever));
      const std::vector<float> prefilled(on_cpu->logits().begin(), on_cpu->logits().end());
      for (const double share : {0.0, 0.3, 1.0}) {
        for (const Where attention : {Where::kCpu, Where::kGpu, Where::kEvenLayersOnGpu}) {
          CAPTURE(std::string(ggml_type_name(type)));
          CAPTURE(share);
          CAPTURE(static_cast<int>(attention));
          options.placement = place(model, share, attention, attention != Where::kCpu);
          const auto decoder = open(file.path(), options);
          CHECK(difference(one_by_one(*decoder, tokens), decoded) < bound_of(type));
          decoder->truncate(0);
          REQUIRE(decoder->append(tokens, kNever));
          CHECK(difference(decoder->logits(), prefilled) < bound_of(type));
        }
      }
    }
  }
}
}  // namespace

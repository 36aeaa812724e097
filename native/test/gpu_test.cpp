// CPU and GPU together against the CPU alone. Mesa's software driver stands in for a GPU where there is none.
#include <doctest/doctest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "embedded_model.h"
#include "error.h"
#include "hybrid/graph/placement_costs.h"
#include "hybrid/weights/gather.h"
#include "runtime/devices.h"
#include "runtime/log.h"
#include "scratch_file.h"
#include "sparse_models.h"

namespace {

using hotset::Activation;
using hotset::HybridOptions;
using hotset::Mode;
using hotset::ModelFile;
using hotset::Placement;
using hotset::SyntheticModel;
using hotset::Token;
using hotset::test::generate;
using hotset::test::kNever;
using hotset::test::one_by_one;
using hotset::test::open;
using hotset::test::relative_difference;
using hotset::test::ScratchFile;
using hotset::test::sparse_model;

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

std::vector<Token> some_tokens(int count, int vocabulary) {
  std::vector<Token> tokens;
  tokens.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) tokens.push_back((i * 31 + i / 7) % vocabulary);
  return tokens;
}

/// Mesa's driver computes on the CPU, and ggml's wait for it takes a core from that.
bool is_software(const std::string& device) { return device.find("llvmpipe") != std::string::npos; }

TEST_CASE("exact with a GPU is dense on the embedded model: 500 greedy tokens for every split") {
  const auto path = hotset::test::embedded_model();
  const ModelFile model = ModelFile::open(path);
  const auto dense = open(path, {});
  constexpr int kTokens = 500;
  constexpr int kFewTokens = 100;
  const std::vector<Token> expected = generate(*dense, kTokens);
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
      // A driver in software says all of them where layers are shared, and some elsewhere.
      const bool is_shared = share == 0.3 && attention == Where::kGpu;
      const int count = is_shared || !is_software(hotset::gpus()[0].description) ? kTokens : kFewTokens;
      const std::vector<Token> said = generate(*decoder, count);
      REQUIRE(said.size() + static_cast<std::size_t>(kTokens - count) == expected.size());
      CHECK(std::ranges::equal(said, std::span(expected).first(said.size())));
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
      const SyntheticModel description = sparse_model(activation, type);
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
          CHECK(relative_difference(one_by_one(*decoder, tokens), decoded) < bound_of(type));
          decoder->truncate(0);
          REQUIRE(decoder->append(tokens, kNever));
          CHECK(relative_difference(decoder->logits(), prefilled) < bound_of(type));
        }
      }
    }
  }
}

/// What a placement was said to take.
std::uint64_t foretold_bytes(const ModelFile& model, int context_length, const Placement& placement) {
  ggml_backend_buffer_type_t memory = ggml_backend_dev_buffer_type(hotset::find_gpu(placement.device));
  const hotset::PlacementCosts costs = hotset::placement_costs(model, context_length, memory);
  std::uint64_t bytes = costs.scratch + (placement.head_on_gpu ? costs.head : 0);
  for (std::size_t i = 0; i < costs.layers.size(); ++i) {
    const hotset::LayerCosts& layer = costs.layers[i];
    const hotset::LayerPlacement& placed = placement.layers[i];
    if (placed.attention_on_gpu) bytes += layer.attention + layer.kv;
    bytes += placed.hot_on_gpu == model.feed_forward_length
                 ? layer.feed_forward
                 : layer.neuron * static_cast<std::uint64_t>(placed.hot_on_gpu);
  }
  return bytes;
}

TEST_CASE("every architecture is divided between CPU and GPU, which holds the bytes foretold") {
  for (const std::string architecture : {"qwen3", "granite", "phi3", "starcoder2", "gemma"}) {
    SyntheticModel description = sparse_model(Activation::kSilu, GGML_TYPE_Q4_0);
    description.architecture = architecture;
    const ScratchFile file;
    write_synthetic_model(description, file.path());
    const ModelFile model = ModelFile::open(file.path());
    const std::vector<Token> tokens = some_tokens(40, description.vocabulary_size);
    HybridOptions options;
    options.context_length = 256;
    const std::vector<float> expected = one_by_one(*open(file.path(), options), tokens);
    for (const double share : {0.0, 0.3, 1.0}) {
      for (const Where attention : {Where::kCpu, Where::kEvenLayersOnGpu}) {
        CAPTURE(architecture);
        CAPTURE(share);
        CAPTURE(static_cast<int>(attention));
        if (share == 0.0 && attention == Where::kCpu) continue;  // nothing would lie on the GPU
        options.placement = place(model, share, attention, attention != Where::kCpu);
        const auto decoder = open(file.path(), options);
        CHECK(decoder->describe().gpu_bytes == foretold_bytes(model, 256, *options.placement));
        CHECK(relative_difference(one_by_one(*decoder, tokens), expected) < bound_of(GGML_TYPE_Q4_0));
        decoder->truncate(0);
        REQUIRE(decoder->append(tokens, kNever));
        const std::span<const float> last = std::span(expected).last(decoder->logits().size());
        CHECK(relative_difference(decoder->logits(), last) < bound_of(GGML_TYPE_Q4_0));
      }
    }
  }
}

}  // namespace

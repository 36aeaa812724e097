// GPUs that do not start, or stop answering: the CPU goes on, and says so once.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "decoding.h"
#include "error.h"
#include "gguf/synthetic_model.h"
#include "runtime/devices.h"
#include "runtime/log.h"
#include "scratch_file.h"

namespace {

using hotset::Decoder;
using hotset::Gpu;
using hotset::GpuError;
using hotset::HybridOptions;
using hotset::ModelFile;
using hotset::Placement;
using hotset::SyntheticModel;
using hotset::Token;
using hotset::test::kNever;
using hotset::test::ScratchFile;

/// Is lost at a launch.
class LosingGpu final : public Gpu {
 public:
  LosingGpu(ggml_backend_dev_t device, int launches) : Gpu(device), launches_(launches) {}

  void launch(ggml_cgraph* graph) override {
    if (launches_-- == 0) throw GpuError("the test takes it away");
    Gpu::launch(graph);
  }

 private:
  int launches_;
};

/// Lines that warn while it lives.
class Warnings {
 public:
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
  hotset::LogSubscription subscription_{[this](hotset::LogLevel level, std::string_view line) {
    if (level == hotset::LogLevel::kWarn && line.starts_with("the GPU ")) lines_.emplace_back(line);
  }};
};

SyntheticModel test_model() {
  SyntheticModel description;
  description.activation = hotset::Activation::kRelu;
  description.embedding_length = 128;
  description.feed_forward_length = 256;
  return description;
}

Placement place(const ModelFile& model, bool attention_on_gpu) {
  const auto gpus = hotset::gpus();
  REQUIRE_MESSAGE(!gpus.empty(), "no GPU: install mesa-vulkan-drivers and set GGML_VK_VISIBLE_DEVICES=0");
  Placement placement{.device = gpus[0].name, .layers = {}};
  placement.layers.assign(static_cast<std::size_t>(model.layers),
                          {.attention_on_gpu = attention_on_gpu, .hot_on_gpu = 64});
  return placement;
}

/// Logits after each of 20 tokens, the first 5 given at once.
std::vector<float> decode(Decoder& decoder) {
  const std::vector<Token> prompt = {1, 2, 3, 4, 5};
  REQUIRE(decoder.append(prompt, kNever));
  std::vector<float> all(decoder.logits().begin(), decoder.logits().end());
  for (Token token = 6; token <= 20; ++token) {
    REQUIRE(decoder.append({&token, 1}, kNever));
    all.insert(all.end(), decoder.logits().begin(), decoder.logits().end());
  }
  CHECK(decoder.position() == 20);
  return all;
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  float largest = 0.0F;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

TEST_CASE("a GPU that is lost costs one warning: the CPU goes on with the same logits") {
  const ScratchFile file;
  write_synthetic_model(test_model(), file.path());
  const ModelFile model = ModelFile::open(file.path());
  HybridOptions options;
  options.mode = hotset::Mode::kExact;
  const std::vector<float> expected = decode(*make_hybrid_decoder(model, options, [](double) {}));
  for (const bool attention_on_gpu : {false, true}) {
    for (const int launches : {0, 1, 9, 30}) {
      CAPTURE(attention_on_gpu);
      CAPTURE(launches);
      options.placement = place(model, attention_on_gpu);
      const auto opener = [&](const std::string& name) -> std::unique_ptr<Gpu> {
        return std::make_unique<LosingGpu>(hotset::find_gpu(name), launches);
      };
      const Warnings warnings;
      const auto decoder = make_hybrid_decoder(
          model, options, [](double) {}, opener);
      CHECK_FALSE(decoder->describe().device.empty());
      CHECK(largest_difference(decode(*decoder), expected) < 0.05F);
      CHECK(decoder->describe().device.empty());
      CHECK(decoder->describe().gpu_bytes == 0);
      CHECK(warnings.lines() ==
            std::vector<std::string>{"the GPU " + options.placement->device +
                                     " cannot be used: the test takes it away (running on the CPU alone)"});
    }
  }
}

TEST_CASE("a decoder whose lost GPU nothing can stand in for refuses to go on, and can still be described") {
  HybridOptions options;
  options.mode = hotset::Mode::kExact;
  options.context_length = 100;
  options.threads = 2;
  std::unique_ptr<Decoder> decoder;
  const Token token = 1;
  {
    const ScratchFile file;
    write_synthetic_model(test_model(), file.path());
    const ModelFile model = ModelFile::open(file.path());
    options.placement = place(model, false);
    decoder = make_hybrid_decoder(
        model, options, [](double) {},
        [](const std::string& name) { return std::make_unique<LosingGpu>(hotset::find_gpu(name), 5); });
    REQUIRE(decoder->append({&token, 1}, kNever));
  }
  // The model's file is gone: what lay on the GPU cannot be loaded again.
  CHECK_THROWS_AS(while (decoder->append({&token, 1}, kNever)){}, hotset::Error);
  const auto description = decoder->describe();
  CHECK(description.decoder == "hybrid");
  CHECK(description.mode == "exact");
  CHECK(description.context_length == 100);
  CHECK(description.threads == 2);
  CHECK(description.device.empty());
  decoder->take_statistics();
  decoder->truncate(0);
  try {
    decoder->append({&token, 1}, kNever);
    FAIL("not refused");
  } catch (const hotset::Error& error) {
    CHECK(error.kind() == hotset::ErrorKind::kOutOfMemory);
    CHECK(std::string(error.what()).find("load the model again") != std::string::npos);
  }
}

TEST_CASE("a GPU that does not start costs one warning and nothing else") {
  const ScratchFile file;
  write_synthetic_model(test_model(), file.path());
  const ModelFile model = ModelFile::open(file.path());
  HybridOptions options;
  options.placement = place(model, true);
  const auto opener = [](const std::string&) -> std::unique_ptr<Gpu> { throw GpuError("it does not start"); };
  const Warnings warnings;
  const auto decoder = make_hybrid_decoder(
      model, options, [](double) {}, opener);
  CHECK(warnings.lines().size() == 1);
  CHECK(decoder->describe().device.empty());
  decode(*decoder);
}

TEST_CASE("a trace shows the CPU's part of a layer while the GPU computes its own") {
  const ScratchFile file;
  SyntheticModel description = test_model();
  description.feed_forward_length = 4096;
  write_synthetic_model(description, file.path());
  const ModelFile model = ModelFile::open(file.path());
  HybridOptions options;
  options.trace = true;
  options.placement = place(model, false);
  for (auto& layer : options.placement->layers) layer.hot_on_gpu = 2048;
  const auto decoder = make_hybrid_decoder(model, options, [](double) {});
  for (Token token = 0; token < 20; ++token) REQUIRE(decoder->append({&token, 1}, kNever));
  const auto events = decoder->take_trace();
  int hot_blocks = 0;
  int overlaps = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!events[i].name.starts_with("hot block")) continue;
    CHECK(events[i].device == options.placement->device);
    CHECK(events[i].end_us >= events[i].begin_us);
    ++hot_blocks;
    // The stage it ran beside was noted before it ended, or is the next one.
    const std::string rest = "rest" + events[i].name.substr(9);
    for (std::size_t j = i == 0 ? 0 : i - 1; j < std::min(i + 2, events.size()); ++j) {
      const bool beside = events[j].name == rest && events[j].device == "CPU";
      if (beside && events[j].begin_us < events[i].end_us && events[i].begin_us < events[j].end_us)
        ++overlaps;
    }
  }
  CHECK(hot_blocks == 20 * model.layers);
  CHECK(overlaps > hot_blocks / 2);
  CHECK(decoder->take_trace().empty());
}

}  // namespace

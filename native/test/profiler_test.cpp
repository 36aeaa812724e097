// Counts against what can be counted by other means.
#include "decode/profiler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "decode/hybrid_decoder.h"
#include "embedded_model.h"
#include "error.h"
#include "gguf/synthetic_model.h"
#include "neurons/activity_counter.h"
#include "neurons/neuron_sample.h"
#include "scratch_file.h"

namespace {

using hotset::Activation;
using hotset::CancelFlag;
using hotset::ModelFile;
using hotset::NeuronAtToken;
using hotset::NeuronSample;
using hotset::Profile;
using hotset::Profiler;
using hotset::SelectionCurve;
using hotset::Token;
using hotset::test::ScratchFile;

const CancelFlag kNever{false};
const auto kNoProgress = [](double) {};

TEST_CASE("magnitudes above the threshold count, of either sign") {
  hotset::ActivityCounter counter(2, 3);
  counter.add(0, std::vector<float>{0.0F, -2.0F, 0.5F}, 0.5F);
  counter.add(0, std::vector<float>{0.0F, 0.1F, 0.6F}, 0.5F);
  CHECK(counter.tokens(0) == 2);
  CHECK(counter.tokens(1) == 0);
  CHECK(counter.frequencies(0) == std::vector<float>{0.0F, 0.5F, 0.5F});
  CHECK(counter.frequencies(1) == std::vector<float>{0.0F, 0.0F, 0.0F});
}

float magnitude_of(const NeuronAtToken& seen) { return seen.magnitude; }

TEST_CASE("a sample's curve has the scores themselves of few, close to the truth of many") {
  NeuronSample few;
  for (const float value : {3.0F, 1.0F, 2.0F}) few.add({.neuron = 0, .magnitude = value, .mass = 2 * value});
  const SelectionCurve of_few = few.curve(magnitude_of);
  CHECK(of_few.scores.front() == 1.0F);
  CHECK(of_few.scores[50] == 2.0F);
  CHECK(of_few.scores.back() == 3.0F);
  CHECK(of_few.left_out.front() == 0.0F);
  CHECK(of_few.left_out[50] == doctest::Approx(0.5));
  CHECK(of_few.left_out.back() == 1.0F);

  NeuronSample many;
  constexpr int kCount = 1'000'003;  // a prime: steps of another visit every value once
  for (long long i = 0; i < kCount; ++i) {
    const float value = static_cast<float>(i * 7919 % kCount) / kCount;
    many.add({.neuron = 0, .magnitude = value, .mass = value});
  }
  const SelectionCurve curve = many.curve(magnitude_of);
  REQUIRE(curve.scores.size() == 101);
  for (std::size_t percent = 0; percent <= 100; ++percent) {
    const double rank = static_cast<double>(percent) / 100.0;
    CHECK(curve.scores[percent] == doctest::Approx(rank).epsilon(0.02));
    CHECK(curve.left_out[percent] == doctest::Approx(rank * rank).epsilon(0.02));
  }
}

/// Random tokens of a synthetic model's vocabulary.
std::vector<Token> some_text(int tokens) {
  std::vector<Token> text(static_cast<std::size_t>(tokens));
  std::iota(text.begin(), text.end(), 0);
  for (Token& token : text) token = (token * token * 37 + token) % 250;
  return text;
}

hotset::SyntheticModel shape_of(Activation activation) {
  hotset::SyntheticModel shape;
  shape.activation = activation;
  shape.type = GGML_TYPE_F32;
  return shape;
}

/// row of an F32 matrix times vector, in double precision
double product(const float* row, std::span<const float> vector) {
  return std::inner_product(vector.begin(), vector.end(), row, 0.0);
}

TEST_CASE("gate and activations are the products of the recorded inputs with the model's matrices") {
  for (const Activation activation : {Activation::kRelu, Activation::kDrelu, Activation::kSilu}) {
    const ScratchFile file;
    hotset::write_synthetic_model(shape_of(activation), file.path());
    const ModelFile model = ModelFile::open(file.path());
    hotset::ActivationRecorder recorder(model, 48, 2, kNoProgress);
    int seen = 0;
    recorder.run(some_text(40), kNever, [&](const hotset::LayerRecord& record) {
      const std::string prefix = "blk." + std::to_string(record.layer) + ".";
      const auto matrix = [&](const char* name) {
        return reinterpret_cast<const float*>(recorder.weights().file_bytes(prefix + name));
      };
      const float* gates = matrix("ffn_gate.weight");
      const float* ups = matrix("ffn_up.weight");
      const auto width = static_cast<std::size_t>(model.embedding_length);
      for (const int token : {0, 7, record.tokens - 1}) {
        const auto input = record.normed.of(token);
        for (std::size_t neuron = 0; neuron < 256; neuron += 5) {
          const double gate = product(gates + neuron * width, input);
          const double up = product(ups + neuron * width, input);
          double expected = std::max(gate, 0.0) * up;
          if (activation == Activation::kDrelu) expected = std::max(gate, 0.0) * std::max(up, 0.0);
          if (activation == Activation::kSilu) expected = gate / (1 + std::exp(-gate)) * up;
          CHECK(record.activations.of(token)[neuron] == doctest::Approx(expected).epsilon(1e-3).scale(0.1));
          if (activation == Activation::kSilu) {
            CHECK(record.gate.of(token)[neuron] == doctest::Approx(gate).epsilon(1e-3).scale(0.1));
          }
        }
      }
      CHECK(record.tokens == 40);
      ++seen;
    });
    CHECK(seen == model.layers);
  }
}

TEST_CASE("frequencies of a ReLU model: neurons fire as often as the sparse decoder sees them fire") {
  const ModelFile model = ModelFile::open(hotset::test::embedded_model());
  hotset::HybridOptions options;
  options.mode = hotset::Mode::kExact;
  const auto decoder = make_hybrid_decoder(model, options, kNoProgress);
  std::vector<Token> text(300);
  std::iota(text.begin(), text.end(), 0);
  for (Token& token : text) token = 300 + token * token % 3000;
  for (const Token token : text) decoder->append({&token, 1}, kNever);

  Profiler profiler({.path = model.path, .threads = 2}, kNoProgress, kNever);
  CHECK_FALSE(profiler.needs_calibration());
  REQUIRE(profiler.count(text, kNever));
  const Profile profile = profiler.profile("numbers");
  CHECK(profile.tokens == 300);
  double sum = 0.0;
  for (const auto& layer : profile.frequencies) sum = std::accumulate(layer.begin(), layer.end(), sum);
  const double activity = sum / model.layers / model.feed_forward_length;
  CHECK(activity == doctest::Approx(decoder->take_statistics().value().activity).epsilon(0.005));
}

TEST_CASE("windows are counted apart, and longer ones in chunks to the same end") {
  const ScratchFile file;
  hotset::write_synthetic_model(shape_of(Activation::kRelu), file.path());
  const auto text = some_text(60);
  Profiler twice({.path = file.path(), .window = 64, .threads = 1}, kNoProgress, kNever);
  twice.count(text, kNever);
  const Profile once = twice.profile("text");
  twice.count(text, kNever);
  CHECK(twice.profile("text").tokens == 120);
  CHECK(twice.profile("text").frequencies == once.frequencies);
}

TEST_CASE("a SiLU model's thresholds leave the share that was asked for below them") {
  const ScratchFile file;
  hotset::write_synthetic_model(shape_of(Activation::kSilu), file.path());
  Profiler profiler({.path = file.path(), .window = 128, .threads = 1, .sparsity = 0.75}, kNoProgress,
                    kNever);
  CHECK(profiler.needs_calibration());
  CHECK_THROWS_AS(profiler.count(some_text(100), kNever), hotset::Error);
  REQUIRE(profiler.calibrate(some_text(100), kNever));
  REQUIRE(profiler.count(some_text(100), kNever));
  const Profile profile = profiler.profile("text");
  CHECK(profile.sparsity == 0.75F);
  for (const auto& layer : profile.frequencies) {
    const double mean = std::accumulate(layer.begin(), layer.end(), 0.0) / static_cast<double>(layer.size());
    CHECK(mean == doctest::Approx(0.25).epsilon(0.02));
  }
  const ScratchFile written;
  profile.write(written.path());
  const Profile read = Profile::read(written.path(), profiler.file());
  CHECK(read.frequencies == profile.frequencies);
  CHECK(read.curves == profile.curves);
  CHECK(read.gate_weights == profile.gate_weights);
  CHECK(read.sparsity == profile.sparsity);

  const ScratchFile other;
  hotset::SyntheticModel another = shape_of(Activation::kSilu);
  another.seed = 2;
  hotset::write_synthetic_model(another, other.path());
  CHECK_THROWS_WITH_AS(Profile::read(written.path(), ModelFile::open(other.path())),
                       doctest::Contains("profile of another model"), hotset::Error);
}

TEST_CASE("bad input is refused, cancelling keeps the counts sound") {
  const ScratchFile file;
  hotset::write_synthetic_model(shape_of(Activation::kRelu), file.path());
  Profiler profiler({.path = file.path(), .window = 64, .threads = 1}, kNoProgress, kNever);
  CHECK_THROWS_AS(profiler.count(some_text(65), kNever), hotset::Error);
  CHECK_THROWS_AS(profiler.count(std::vector<Token>{100'000}, kNever), hotset::Error);
  const CancelFlag cancelled{true};
  CHECK_FALSE(profiler.count(some_text(64), cancelled));
  CHECK(profiler.profile("").tokens == 0);
  CHECK_THROWS_AS(profiler.profile("").write("/no such folder/x.gguf"), hotset::Error);
}

}  // namespace

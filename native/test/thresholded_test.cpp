// Thresholded mode: up and down, or down alone, only where a score is above τ.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "decode/profiler.h"
#include "error.h"
#include "neurons/activation_rule.h"
#include "neurons/profile.h"
#include "scratch_file.h"
#include "sparse_models.h"

namespace {

using hotset::Activation;
using hotset::ActivationRule;
using hotset::Error;
using hotset::HybridOptions;
using hotset::Mode;
using hotset::Selection;
using hotset::Threshold;
using hotset::Token;
using hotset::test::in_mode;
using hotset::test::mean_difference;
using hotset::test::open;
using hotset::test::ScratchFile;
using hotset::test::some_tokens;
using hotset::test::sparse_model;

double silu(double gate) { return gate / (1.0 + std::exp(-gate)); }

/// Quantiles that rise evenly from 0 to 1: of rank r is τ = r.
void write_even_quantiles(const ScratchFile& file, double frequency = 0.1) {
  hotset::Profile profile;
  profile.corpus = "even";
  profile.tokens = 1;
  profile.sparsity = 0.5F;
  std::vector<float> quantiles;
  for (int i = 0; i <= 100; ++i) quantiles.push_back(static_cast<float>(i) / 100.0F);
  profile.frequencies.assign(4, std::vector<float>(768, static_cast<float>(frequency)));
  profile.curves[hotset::index_of(hotset::Selection::kGate)].assign(4, {.scores = quantiles, .left_out = {}});
  profile.write(file.path());
}

HybridOptions thresholded(const ScratchFile& profile, double sparsity) {
  HybridOptions options = in_mode(Mode::kThresholded);
  options.profile = profile.path();
  options.threshold.at = sparsity;
  return options;
}

/// Share of a standard normal distribution's gates whose |silu| exceeds τ.
double expected_activity(double threshold) {
  double share = 0.0;
  constexpr double kStep = 1e-3;
  for (double gate = -8.0; gate < 8.0; gate += kStep) {
    if (std::abs(silu(gate)) > threshold) share += kStep * std::exp(-gate * gate / 2) / std::sqrt(2 * M_PI);
  }
  return share;
}

/// Share of the mass |silu(gate)| that these have. Up is independent of gate.
double expected_recall(double threshold) {
  double kept = 0.0;
  double all = 0.0;
  constexpr double kStep = 1e-3;
  for (double gate = -8.0; gate < 8.0; gate += kStep) {
    const double mass = std::abs(silu(gate)) * std::exp(-gate * gate / 2);
    all += mass;
    if (std::abs(silu(gate)) > threshold) kept += mass;
  }
  return kept / all;
}

TEST_CASE("gates whose silu is above the threshold fire, on both sides of zero") {
  for (const double threshold : {0.0, 0.001, 0.1, 0.25, 0.2784, 0.2785, 0.5, 3.0}) {
    const ActivationRule rule(Activation::kSilu, static_cast<float>(threshold));
    for (double gate = -12.0; gate < 12.0; gate += 0.00317) {
      const double magnitude = std::abs(silu(gate));
      if (std::abs(magnitude - threshold) < 1e-6) continue;
      CAPTURE(threshold);
      CAPTURE(gate);
      REQUIRE(rule.fires(static_cast<float>(gate)) == (magnitude > threshold));
    }
  }
}

TEST_CASE("with a threshold of zero the logits are dense ones, whatever the architecture") {
  for (const std::string architecture : {"llama", "qwen3", "granite", "phi3"}) {
    for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16}) {
      CAPTURE(architecture);
      hotset::SyntheticModel description = sparse_model(Activation::kSilu, type);
      description.architecture = architecture;
      const ScratchFile file;
      const ScratchFile profile;
      write_synthetic_model(description, file.path());
      write_even_quantiles(profile);
      const auto decoder = open(file.path(), thresholded(profile, 0.0));
      const auto dense = open(file.path(), {});
      CHECK(mean_difference(*decoder, *dense, some_tokens(64)) < 2e-3);
      CHECK(decoder->describe().mode == "thresholded");
    }
  }
}

TEST_CASE("higher thresholds leave out what a normal distribution of gates says, and cost accuracy") {
  const ScratchFile file;
  const ScratchFile profile;
  write_synthetic_model(sparse_model(Activation::kSilu, GGML_TYPE_F16), file.path());
  write_even_quantiles(profile);
  double last = 2e-3;
  for (const double threshold : {0.1, 0.3, 0.6}) {
    const auto decoder = open(file.path(), thresholded(profile, threshold));
    const auto dense = open(file.path(), {});
    const double difference = mean_difference(*decoder, *dense, some_tokens(128));
    CHECK(difference > last);
    last = difference;
    const auto statistics = decoder->take_statistics();
    CHECK(statistics->activity == doctest::Approx(expected_activity(threshold)).epsilon(0.1));
    CHECK(statistics->computed == 1.0);
    CHECK(statistics->recall.value_or(0.0) == doctest::Approx(expected_recall(threshold)).epsilon(0.05));
    CHECK(statistics->recall_by_layer.size() == 4);
  }
}

TEST_CASE("hot neurons have no threshold") {
  const ScratchFile file;
  const ScratchFile profile;
  write_synthetic_model(sparse_model(Activation::kSilu, GGML_TYPE_F32), file.path());
  write_even_quantiles(profile, 0.9);
  HybridOptions options = thresholded(profile, 1.0);
  options.hot_threshold = 0.5;
  const auto decoder = open(file.path(), options);
  const auto dense = open(file.path(), {});
  CHECK(mean_difference(*decoder, *dense, some_tokens(64)) < 2e-3);
}

/// A SiLU model with a profile that was counted on some_tokens().
struct Profiled {
  ScratchFile file;
  ScratchFile profile;

  explicit Profiled(ggml_type type) {
    write_synthetic_model(sparse_model(Activation::kSilu, type), file.path());
    const hotset::CancelFlag never{false};
    hotset::Profiler profiler(
        {.path = file.path(), .window = 256, .threads = 2}, [](double) {}, never);
    profiler.calibrate(some_tokens(256), never);
    profiler.count(some_tokens(256), never);
    profiler.profile("tokens").write(profile.path());
  }

  HybridOptions options(Selection selection, Threshold threshold) const {
    return hotset::test::thresholded_by(profile.path(), selection, threshold);
  }

  hotset::DecodeStatistics statistics(Selection selection, Threshold threshold) const {
    const auto decoder = open(file.path(), options(selection, threshold));
    decoder->all_logits(some_tokens(256));
    return decoder->take_statistics().value();
  }
};

constexpr std::array kAllSelections = {Selection::kGate, Selection::kWeighted, Selection::kProduct};

TEST_CASE("every selection leaves out the share that was asked for, and keeps the mass that was asked for") {
  const Profiled model(GGML_TYPE_F16);
  for (const Selection selection : kAllSelections) {
    CAPTURE(hotset::name_of(selection));
    for (const double share : {0.25, 0.6}) {
      const auto statistics = model.statistics(selection, {.by = Threshold::By::kShare, .at = share});
      CHECK(statistics.activity == doctest::Approx(1.0 - share).epsilon(0.06));
    }
    for (const double mass : {0.6, 0.9}) {
      const auto statistics = model.statistics(selection, {.by = Threshold::By::kMass, .at = mass});
      CHECK(statistics.recall.value() == doctest::Approx(mass).epsilon(0.05));
    }
  }
}

TEST_CASE("of as many neurons those of the largest products have most of the mass") {
  const Profiled model(GGML_TYPE_F16);
  const Threshold half{.by = Threshold::By::kShare, .at = 0.5};
  const double gate = model.statistics(Selection::kGate, half).recall.value();
  const double weighted = model.statistics(Selection::kWeighted, half).recall.value();
  const double product = model.statistics(Selection::kProduct, half).recall.value();
  CHECK(weighted > gate - 0.01);
  CHECK(product > weighted + 0.05);
}

TEST_CASE("with a value of zero every selection's logits are dense ones") {
  for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_K}) {
    CAPTURE(ggml_type_name(type));
    const Profiled model(type);
    for (const Selection selection : kAllSelections) {
      const auto decoder =
          open(model.file.path(), model.options(selection, {.by = Threshold::By::kValue, .at = 0.0}));
      const auto dense = open(model.file.path(), {});
      // A quantised down matrix becomes Q8_0 by neuron.
      const double limit = type == GGML_TYPE_F32 || type == GGML_TYPE_F16 ? 2e-3 : 4e-2;
      CHECK(mean_difference(*decoder, *dense, some_tokens(64)) < limit);
    }
  }
}

TEST_CASE("selected by product, tokens at once are the tokens alone, with any number of threads") {
  const Profiled model(GGML_TYPE_Q4_K);
  const hotset::CancelFlag never{false};
  const std::vector<Token> tokens = some_tokens(6);
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    HybridOptions options = model.options(Selection::kProduct, {.by = Threshold::By::kShare, .at = 0.5});
    options.threads = threads;
    const auto together = open(model.file.path(), options);
    together->append(tokens, static_cast<int>(tokens.size()), never);
    const std::vector<float> at_once(together->logits().begin(), together->logits().end());
    const auto alone = open(model.file.path(), options);
    const std::vector<float> one_by_one = alone->all_logits(tokens);
    CHECK(at_once == one_by_one);
    if (first.empty()) first = one_by_one;
    CHECK(one_by_one == first);
  }
}

TEST_CASE("a profile of an older version knows gates alone") {
  const Profiled model(GGML_TYPE_F16);
  const ScratchFile old;
  write_even_quantiles(old);
  HybridOptions options = model.options(Selection::kProduct, {});
  options.profile = old.path();
  CHECK_THROWS_WITH_AS(open(model.file.path(), options), doctest::Contains("the selection product"), Error);
  options.selection = Selection::kGate;
  options.threshold = {.by = Threshold::By::kMass, .at = 0.9};
  CHECK_THROWS_WITH_AS(open(model.file.path(), options), doctest::Contains("knows the mass"), Error);
}

TEST_CASE("thresholded mode says what it lacks") {
  const ScratchFile silu_model;
  const ScratchFile relu_model;
  write_synthetic_model(sparse_model(Activation::kSilu, GGML_TYPE_F16), silu_model.path());
  write_synthetic_model(sparse_model(Activation::kRelu, GGML_TYPE_F16), relu_model.path());
  CHECK_THROWS_WITH_AS(open(silu_model.path(), in_mode(Mode::kThresholded)),
                       doctest::Contains("run hotset profile"), Error);
  CHECK_THROWS_WITH_AS(open(relu_model.path(), in_mode(Mode::kThresholded)), doctest::Contains("SiLU"),
                       Error);
}

}  // namespace

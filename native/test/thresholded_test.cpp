// Thresholded mode: up and down only where |silu(gate)| is above τ.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

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
  profile.gate_magnitude_quantiles.assign(4, quantiles);
  profile.write(file.path());
}

HybridOptions thresholded(const ScratchFile& profile, double sparsity) {
  HybridOptions options = in_mode(Mode::kThresholded);
  options.profile = profile.path();
  options.cold_sparsity = sparsity;
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

// Thresholds that follow what is decoded: the controllers by themselves, and in decoders.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "embedded_model.h"
#include "error.h"
#include "hybrid/sparse/token_threshold.h"
#include "neurons/entropy_rank.h"
#include "neurons/kept_mass_controller.h"
#include "neurons/profile.h"
#include "neurons/threshold_policy.h"
#include "scratch_file.h"
#include "sparse_models.h"

namespace {

using hotset::Activation;
using hotset::Decoder;
using hotset::DecodeStatistics;
using hotset::EntropyRank;
using hotset::Error;
using hotset::HybridOptions;
using hotset::KeptMassController;
using hotset::Mode;
using hotset::Selection;
using hotset::SelectionCurve;
using hotset::Threshold;
using hotset::ThresholdPolicy;
using hotset::Token;
using hotset::test::in_mode;
using hotset::test::open;
using hotset::test::ScratchFile;
using hotset::test::some_tokens;
using hotset::test::sparse_model;

constexpr KeptMassController::Range kUnit{.start = 0.9, .least = 0.6, .most = 1.0};

TEST_CASE("a controller brings what is kept to the target, and noise moves it little") {
  std::mt19937 generator(3);
  std::normal_distribution<double> noise(0.0, 0.03);
  // A text of which less is kept than was asked for.
  const auto kept_at = [](double setting) { return setting - 0.08; };
  KeptMassController controller(0.85, kUnit, 1.0);
  for (int audit = 0; audit < 40; ++audit)
    controller.learn(kept_at(controller.setting()) + noise(generator), 1.0);
  double least = 1.0;
  double most = 0.0;
  for (int audit = 0; audit < 400; ++audit) {
    controller.learn(kept_at(controller.setting()) + noise(generator), 1.0);
    least = std::min(least, kept_at(controller.setting()));
    most = std::max(most, kept_at(controller.setting()));
  }
  CHECK(least > 0.85 - 0.03);
  CHECK(most < 0.85 + 0.03);
}

TEST_CASE("a controller stays within its range, and one odd token moves it by a step at most") {
  KeptMassController controller(0.85, kUnit, 1.0);
  const double before = controller.setting();
  controller.learn(0.0, 1.0);
  CHECK(controller.setting() - before <= 0.1);
  for (int audit = 0; audit < 500; ++audit) controller.learn(0.0, 1.0);
  CHECK(controller.setting() == 1.0);
  for (int audit = 0; audit < 500; ++audit) controller.learn(1.0, 1.0);
  CHECK(controller.setting() == 0.6);
}

TEST_CASE(
    "where a little of the setting changes much of what is kept, a controller does not swing about the "
    "target") {
  const auto kept_at = [](double setting) { return std::clamp((setting - 0.98) / 0.015, 0.0, 1.0); };
  KeptMassController controller(0.8, kUnit, 1.0);
  const auto mean_of = [&](int audits) {
    double sum = 0.0;
    for (int audit = 0; audit < audits; ++audit) {
      const double kept = kept_at(controller.setting());
      controller.learn(kept, 1.0);
      sum += kept;
    }
    return sum / audits;
  };
  mean_of(100);
  CHECK(mean_of(100) == doctest::Approx(0.8).epsilon(0.03));
}

TEST_CASE("tokens count by their mass, and one without any counts for nothing") {
  KeptMassController controller(0.5, {.start = 0.5, .least = 0.0, .most = 1.0}, 1.0);
  controller.learn(0.0, 0.0);
  CHECK(controller.setting() == 0.5);
  // Half of all is kept, though of most tokens it is less.
  for (int round = 0; round < 200; ++round) {
    for (int light = 0; light < 3; ++light) controller.learn(0.42, 1.0);
    controller.learn(1.24, 2.0);
  }
  CHECK(controller.setting() == doctest::Approx(0.5).epsilon(0.2));
}

TEST_CASE("entropies have the rank that they have among the last ones, one half on average") {
  EntropyRank rank;
  CHECK(rank.add(1.0) == 0.5);
  CHECK(rank.add(2.0) == 1.0);
  CHECK(rank.add(0.5) == 0.0);
  CHECK(rank.add(1.0) == 0.5);
  std::mt19937 generator(4);
  // Mostly sure: many are the same.
  const auto next = [&] { return std::max(0.0, std::normal_distribution<double>(-1.0, 2.0)(generator)); };
  for (int i = 0; i < 64; ++i) rank.add(next());
  double sum = 0.0;
  constexpr int kCount = 2000;
  for (int i = 0; i < kCount; ++i) sum += rank.add(next());
  CHECK(sum / kCount == doctest::Approx(0.5).epsilon(0.03));
}

SelectionCurve even_curve() {
  SelectionCurve curve;
  for (int i = 0; i <= 100; ++i) {
    curve.scores.push_back(static_cast<float>(i));
    curve.left_out.push_back(static_cast<float>(i * i) / 10000.0F);
  }
  return curve;
}

TEST_CASE("where the model is unsure less is left out, and the share that was asked for on average") {
  ThresholdPolicy policy({even_curve(), even_curve()}, {.by = Threshold::By::kEntropy, .at = 0.6});
  CHECK(policy.of(1) == doctest::Approx(60.0));
  std::mt19937 generator(5);
  std::exponential_distribution<double> entropies(1.0);
  double sum = 0.0;
  constexpr int kCount = 2000;
  for (int i = 0; i < kCount; ++i) {
    policy.expect(entropies(generator));
    sum += static_cast<double>(policy.of(0));
  }
  CHECK(sum / kCount == doctest::Approx(60.0).epsilon(0.02));
  policy.expect(1e9);
  CHECK(policy.of(0) == doctest::Approx(40.0));
  policy.expect(-1.0);
  CHECK(policy.of(0) == doctest::Approx(80.0));
}

TEST_CASE("a token's own threshold leaves out the share, or keeps the mass, that was asked for") {
  std::mt19937 generator(6);
  std::lognormal_distribution<float> sizes(-4.0F, 2.0F);
  std::vector<float> activations(4864);
  std::vector<float> lengths(activations.size());
  for (float& activation : activations) activation = (generator() % 2 == 0 ? 1.0F : -1.0F) * sizes(generator);
  for (float& length : lengths) length = sizes(generator);
  for (const double at : {0.1, 0.5, 0.9}) {
    CAPTURE(at);
    const auto kept = [&](Threshold::By by, bool mass) {
      const float threshold = hotset::token_threshold(activations, lengths, {.by = by, .at = at});
      double above = 0.0;
      double all = 0.0;
      for (std::size_t i = 0; i < activations.size(); ++i) {
        const float own = std::fabs(activations[i]) * lengths[i];
        const double amount = mass ? static_cast<double>(own) : 1.0;
        all += amount;
        if (own > threshold) above += amount;
      }
      return above / all;
    };
    CHECK(std::abs(kept(Threshold::By::kTop, false) - (1.0 - at)) < 0.01);
    CHECK(std::abs(kept(Threshold::By::kTokenMass, true) - at) < 0.01);
  }
  const std::vector<float> silent(activations.size());
  CHECK(hotset::token_threshold(silent, lengths, {.by = Threshold::By::kTop, .at = 0.5}) == 0.0F);
}

/// A SiLU model, and a profile that says of every layer that scores rise evenly to `highest` and masses with
/// their squares: not what the model does.
struct Misjudged {
  ScratchFile file;
  ScratchFile profile;

  Misjudged(Selection selection, float highest) {
    write_synthetic_model(sparse_model(Activation::kSilu, GGML_TYPE_F16), file.path());
    hotset::Profile wrong;
    wrong.corpus = "another text";
    wrong.tokens = 1;
    wrong.sparsity = 0.5F;
    wrong.frequencies.assign(4, std::vector<float>(768, 0.1F));
    SelectionCurve curve = even_curve();
    for (float& score : curve.scores) score *= highest / 100.0F;
    wrong.curves[hotset::index_of(Selection::kGate)].assign(4, curve);
    wrong.curves[hotset::index_of(selection)].assign(4, curve);
    wrong.gate_weights.assign(4, std::vector<float>(768, 1.0F));
    wrong.write(profile.path());
  }

  HybridOptions options(Selection selection, const Threshold& threshold) const {
    return hotset::test::thresholded_by(profile.path(), selection, threshold);
  }
};

/// What `times` 256 tokens behind the first 256 were computed with.
DecodeStatistics settled(Decoder& decoder, int times = 1) {
  decoder.all_logits(some_tokens(256));
  decoder.take_statistics();
  for (int i = 0; i < times; ++i) decoder.all_logits(some_tokens(256));
  return decoder.take_statistics().value();
}

TEST_CASE("a profile of another text is put right while decoding, and only where that was asked for") {
  for (const Selection selection : {Selection::kGate, Selection::kProduct}) {
    CAPTURE(hotset::name_of(selection));
    const Misjudged model(selection, selection == Selection::kGate ? 1.5F : 6.0F);
    const auto recall_of = [&](Threshold::By by) {
      const auto decoder = open(model.file.path(), model.options(selection, {.by = by, .at = 0.8}));
      const DecodeStatistics statistics = settled(*decoder);
      CHECK(statistics.adapting.has_value() == (by == Threshold::By::kDynamicMass));
      return statistics.recall.value();
    };
    CHECK(std::abs(recall_of(Threshold::By::kMass) - 0.8) > 0.05);
    CHECK(recall_of(Threshold::By::kDynamicMass) == doctest::Approx(0.8).epsilon(0.03));
  }
}

TEST_CASE("a token's own threshold needs no profile") {
  const ScratchFile file;
  write_synthetic_model(sparse_model(Activation::kSilu, GGML_TYPE_F16), file.path());
  HybridOptions options = in_mode(Mode::kThresholded);
  options.selection = Selection::kProduct;
  options.threshold = {.by = Threshold::By::kTop, .at = 0.7};
  const auto top = open(file.path(), options);
  CHECK(settled(*top).activity == doctest::Approx(0.3).epsilon(0.03));
  options.threshold = {.by = Threshold::By::kTokenMass, .at = 0.7};
  const auto mass = open(file.path(), options);
  const DecodeStatistics statistics = settled(*mass);
  CHECK(statistics.recall.value() == doctest::Approx(0.7).epsilon(0.02));
  CHECK(statistics.adapting.has_value());
}

TEST_CASE("thresholds by entropy leave out the share that was asked for, and other ones for other tokens") {
  const Misjudged model(Selection::kProduct, 1.0F);
  const auto logits_of = [&](Threshold::By by) {
    const auto decoder = open(model.file.path(), model.options(Selection::kProduct, {.by = by, .at = 0.3}));
    return decoder->all_logits(some_tokens(64));
  };
  const std::vector<float> fixed = logits_of(Threshold::By::kShare);
  const std::vector<float> moving = logits_of(Threshold::By::kEntropy);
  // Of the first token nothing was known.
  CHECK(std::equal(fixed.begin(), fixed.begin() + 512, moving.begin()));
  CHECK(fixed != moving);
}

TEST_CASE("a selection that a threshold is not for is refused") {
  const Misjudged model(Selection::kWeighted, 1.0F);
  const auto refused = [&](Selection selection, Threshold::By by, const char* why) {
    const HybridOptions options = model.options(selection, {.by = by, .at = 0.5});
    CHECK_THROWS_WITH_AS(open(model.file.path(), options), doctest::Contains(why), Error);
  };
  refused(Selection::kGate, Threshold::By::kTop, "choose the selection product");
  refused(Selection::kWeighted, Threshold::By::kEntropy, "thresholds that stay");
}

TEST_CASE("the embedded model's predictors are held to the mass that was asked for") {
  for (const auto predictor : {hotset::PredictorChoice::kLearned, hotset::PredictorChoice::kSign}) {
    for (const double mass : {0.8, 0.95}) {
      CAPTURE(mass);
      HybridOptions options = in_mode(Mode::kPredicted);
      options.predictor = predictor;
      options.threshold = {.by = Threshold::By::kDynamicMass, .at = mass};
      const auto decoder = open(hotset::test::embedded_model(), options);
      // The mass of 256 such tokens is anywhere within 0.05 of what is aimed at: one in eight is audited.
      const DecodeStatistics statistics = settled(*decoder, 4);
      CHECK(std::abs(statistics.recall.value() - mass) < 0.03);
      CHECK(statistics.adapting.has_value());
    }
  }
}

}  // namespace

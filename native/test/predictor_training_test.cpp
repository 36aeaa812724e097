// Predictors learn what a network of their own form can tell, as large as pays and no larger.
#include "hybrid/prediction/predictor_training.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "error.h"
#include "hybrid/prediction/predictor_network.h"

namespace {

using hotset::NetworkShape;
using hotset::PredictorNetwork;
using hotset::PredictorSamples;
using hotset::TrainingOptions;

constexpr int kEmbedding = 64;
constexpr int kNeurons = 160;
const std::atomic<bool> kNever{false};
const auto kNoProgress = [](double) {};

/// Uniform in [-1, 1).
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  float next() { return static_cast<float>(engine_() >> 40U) * (2.0F / (1U << 24U)) - 1.0F; }

 private:
  std::mt19937_64 engine_;
};

std::vector<float> random_values(std::size_t count, Random& random) {
  std::vector<float> values(count);
  std::ranges::generate(values, [&] { return random.next(); });
  return values;
}

/// Neurons that fire where the product of their row with the first `rank` inputs is above `bias`.
PredictorSamples teacher_samples(int tokens, int rank, float bias) {
  Random random(7);
  const auto rows = random_values(std::size_t{kNeurons} * static_cast<std::size_t>(rank), random);
  PredictorSamples samples(kEmbedding, kNeurons);
  const std::vector<float> lengths(kNeurons, 2.0F);
  for (int token = 0; token < tokens; ++token) {
    const auto input = random_values(kEmbedding, random);
    std::vector<float> activations(kNeurons);
    for (std::size_t neuron = 0; neuron < kNeurons; ++neuron) {
      const float* row = rows.data() + neuron * static_cast<std::size_t>(rank);
      activations[neuron] = std::max(0.0F, std::inner_product(row, row + rank, input.begin(), -bias));
    }
    samples.add(input, activations, lengths);
  }
  return samples;
}

TEST_CASE("samples hold inputs and masses") {
  PredictorSamples samples(2, 3);
  samples.add(std::vector<float>{0.5F, -1.0F}, std::vector<float>{0.0F, -2.0F, 1.0F},
              std::vector<float>{1.0F, 0.5F, 3.0F});
  std::vector<float> input(2);
  std::vector<float> masses(3);
  samples.get(0, input.data(), masses.data());
  CHECK(input == std::vector<float>{0.5F, -1.0F});
  CHECK(masses == std::vector<float>{0.0F, 1.0F, 3.0F});
  CHECK(samples.mean_mass() == 2.0);
  CHECK(samples.activity() == doctest::Approx(2.0 / 3.0));
}

TEST_CASE("a step goes down the gradient that finite differences give") {
  const NetworkShape shape{.embedding = 6, .hidden = 4, .neurons = 5, .batch = 3};
  hotset::Threadpool threadpool(1);
  PredictorNetwork network(shape, threadpool, 1, 3);
  Random random(5);
  const auto inputs = random_values(18, random);
  const std::vector<float> weights = {0, 1, 0, 2, 0, 0.5F, 0, 0, 0, 3, 0, 0, 1, 1, 0};
  const auto fill = [&] {
    std::ranges::copy(inputs, network.inputs());
    std::ranges::copy(weights, network.weights());
  };
  const auto loss = [&](const std::vector<float>& fc1, const std::vector<float>& fc2) {
    network.set(fc1, fc2);
    fill();
    const auto logits = network.logits();
    double sum = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double logit = logits[i];
      const bool fired = weights[i] > 0.0F;
      sum += fired ? static_cast<double>(weights[i]) * std::log1p(std::exp(-logit))
                   : std::log1p(std::exp(logit));
    }
    return sum;
  };
  const std::vector<float> fc1(network.fc1().begin(), network.fc1().end());
  const std::vector<float> fc2(network.fc2().begin(), network.fc2().end());
  // Adam's first step goes by the learning rate against each derivative's sign.
  constexpr float kRate = 1e-3F;
  network.set(fc1, fc2);
  fill();
  network.step(kRate);
  const std::vector<float> moved1(network.fc1().begin(), network.fc1().end());
  const std::vector<float> moved2(network.fc2().begin(), network.fc2().end());
  const auto check = [&](bool first, std::size_t index) {
    constexpr float kDelta = 1e-2F;
    auto up = first ? fc1 : fc2;
    auto down = up;
    up[index] += kDelta;
    down[index] -= kDelta;
    const double derivative = first ? loss(up, fc2) - loss(down, fc2) : loss(fc1, up) - loss(fc1, down);
    if (std::abs(derivative) < 1e-4) return;  // too flat to tell its sign
    const float moved = first ? moved1[index] - fc1[index] : moved2[index] - fc2[index];
    CHECK(moved == doctest::Approx(derivative > 0 ? -kRate : kRate).epsilon(0.01));
  };
  for (std::size_t i = 0; i < fc1.size(); ++i) check(true, i);
  for (std::size_t i = 0; i < fc2.size(); ++i) check(false, i);
}

TEST_CASE("a predictor learns a layer that few directions decide, and keeps the recall on other tokens") {
  const PredictorSamples samples = teacher_samples(6000, 4, 1.0F);
  REQUIRE(samples.activity() > 0.05);
  REQUIRE(samples.activity() < 0.3);
  TrainingOptions options;
  options.recall = 0.9;
  options.gate_bytes = std::size_t{kEmbedding} * kNeurons * 64;
  const auto trained = train_predictor(samples, options, kNoProgress, kNever);
  REQUIRE(trained);
  CHECK(trained->recall > 0.88);
  CHECK(trained->share < 3 * samples.activity());
  CHECK(trained->fc1.size() == static_cast<std::size_t>(trained->hidden) * kEmbedding);
  CHECK(trained->fc2.size() == static_cast<std::size_t>(trained->hidden) * kNeurons);
}

TEST_CASE("a predictor whose bytes cost more than it saves stays small") {
  const PredictorSamples samples = teacher_samples(2000, 4, 1.0F);
  const auto trained = train_predictor(samples, {.recall = 0.9, .gate_bytes = 1}, kNoProgress, kNever);
  REQUIRE(trained);
  CHECK(trained->hidden == 32);
}

TEST_CASE("where there is nothing to learn the share tells it") {
  PredictorSamples samples(kEmbedding, kNeurons);
  Random random(9);
  for (int token = 0; token < 2000; ++token) {
    auto activations = random_values(kNeurons, random);
    for (float& value : activations) value = value > 0.8F ? 1.0F : 0.0F;
    samples.add(random_values(kEmbedding, random), activations, std::vector<float>(kNeurons, 1.0F));
  }
  const auto trained = train_predictor(samples, {.recall = 0.9, .gate_bytes = 100'000}, kNoProgress, kNever);
  REQUIRE(trained);
  CHECK(trained->share > 0.75);
}

TEST_CASE("training refuses too little, and can be cancelled") {
  CHECK_THROWS_AS(train_predictor(teacher_samples(100, 4, 1.0F), {}, kNoProgress, kNever), hotset::Error);
  CHECK_THROWS_AS(train_predictor(teacher_samples(1500, 4, 100.0F), {}, kNoProgress, kNever), hotset::Error);
  const std::atomic<bool> cancelled{true};
  CHECK_FALSE(train_predictor(teacher_samples(1500, 4, 1.0F), {}, kNoProgress, cancelled));
}

}  // namespace

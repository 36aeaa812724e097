#include "decode/sampler.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "error.h"

using hotset::Sampler;
using hotset::SamplingOptions;
using hotset::Token;

namespace {

// Softmax: 0.5, 0.25, 0.125, 0.125.
const std::vector<float> kLogits = {std::log(4.0F), std::log(2.0F), 0.0F, 0.0F};

std::map<Token, int> draw(Sampler& sampler, int times) {
  std::map<Token, int> counts;
  for (int i = 0; i < times; ++i) ++counts[sampler.choose(kLogits).token];
  return counts;
}

}  // namespace

TEST_CASE("greedy sampling takes the most probable token and tells its probability") {
  Sampler sampler(SamplingOptions{});
  const auto choice = sampler.choose(kLogits);
  CHECK(choice.token == 0);
  CHECK(choice.probability == doctest::Approx(0.5));
}

TEST_CASE("the probability is that of the model, whatever the sampler does to it") {
  Sampler sampler({.temperature = 5.0F, .top_k = 2, .seed = 7});
  for (int i = 0; i < 20; ++i) {
    const auto choice = sampler.choose(kLogits);
    CHECK(choice.probability == doctest::Approx(choice.token == 0 ? 0.5 : 0.25));
  }
}

TEST_CASE("large logits neither overflow nor lose the probability") {
  Sampler sampler(SamplingOptions{});
  const std::vector<float> logits = {1000.0F, 1000.0F, -1000.0F};
  CHECK(sampler.choose(logits).probability == doctest::Approx(0.5));
}

TEST_CASE("many improbable tokens count as much as one that is as probable as all of them") {
  Sampler sampler(SamplingOptions{});
  constexpr std::size_t kOthers = 1U << 17U;
  std::vector<float> logits(kOthers + 1, 0.0F);
  logits.front() = std::log(static_cast<float>(kOthers));
  CHECK(sampler.choose(logits).probability == doctest::Approx(0.5));
  logits.front() = 20.0F;
  CHECK(sampler.choose(logits).probability == doctest::Approx(1.0 / (1.0 + kOthers * std::exp(-20.0))));
}

TEST_CASE("logits that are no numbers end the generation, whatever the sampler would make of them") {
  const float nan = std::nanf("");
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<std::vector<float>> broken = {
      {nan, nan, nan}, {1.0F, nan, 0.0F}, {1.0F, infinity}, {-infinity, -infinity}};
  const std::vector<Token> allowed = {0, 1};
  for (const auto& logits : broken) {
    CAPTURE(logits.size());
    Sampler greedy(SamplingOptions{});
    CHECK_THROWS_WITH_AS(greedy.choose(logits), doctest::Contains("no numbers"), hotset::Error);
    CHECK_THROWS_WITH_AS(greedy.choose(logits, allowed), doctest::Contains("no numbers"), hotset::Error);
    Sampler drawing({.temperature = 1.0F, .seed = 1});
    CHECK_THROWS_WITH_AS(drawing.choose(logits), doctest::Contains("no numbers"), hotset::Error);
  }
  // What a model rules out is a number's business.
  Sampler sampler(SamplingOptions{});
  CHECK(sampler.choose(std::vector<float>{-infinity, 0.0F}).probability == doctest::Approx(1.0));
}

TEST_CASE("temperature 1 draws tokens as often as the model says") {
  Sampler sampler({.temperature = 1.0F, .seed = 1});
  constexpr int kDraws = 4000;
  const auto counts = draw(sampler, kDraws);
  CHECK(counts.at(0) == doctest::Approx(kDraws * 0.5).epsilon(0.1));
  CHECK(counts.at(1) == doctest::Approx(kDraws * 0.25).epsilon(0.1));
}

TEST_CASE("the same seed draws the same tokens") {
  const SamplingOptions options{.temperature = 1.0F, .seed = 42};
  Sampler first(options);
  Sampler second(options);
  std::vector<Token> drawn_first;
  std::vector<Token> drawn_second;
  for (int i = 0; i < 50; ++i) {
    drawn_first.push_back(first.choose(kLogits).token);
    drawn_second.push_back(second.choose(kLogits).token);
  }
  CHECK(drawn_first == drawn_second);
}

TEST_CASE("top-k, top-p and min-p leave out improbable tokens") {
  Sampler top_k({.temperature = 1.0F, .top_k = 1, .seed = 3});
  CHECK(draw(top_k, 200).size() == 1);
  Sampler top_p({.temperature = 1.0F, .top_p = 0.6F, .seed = 3});
  CHECK(draw(top_p, 200).size() == 2);
  Sampler min_p({.temperature = 1.0F, .min_p = 0.4F, .seed = 3});
  CHECK(draw(min_p, 200).size() == 2);
}

TEST_CASE("options out of range are refused") {
  CHECK_THROWS_WITH_AS(Sampler({.temperature = -1.0F}), "temperature must lie between 0 and 100",
                       hotset::Error);
  CHECK_THROWS_WITH_AS(Sampler({.temperature = std::nanf("")}), "temperature must lie between 0 and 100",
                       hotset::Error);
  CHECK_THROWS_WITH_AS(Sampler({.top_k = -1}), "topK must not be negative", hotset::Error);
  CHECK_THROWS_WITH_AS(Sampler({.top_p = 1.5F}), "topP must lie between 0 and 1", hotset::Error);
  CHECK_THROWS_WITH_AS(Sampler({.min_p = 2.0F}), "minP must lie between 0 and 1", hotset::Error);
}

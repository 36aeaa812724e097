#include "decode/softmax.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using hotset::softmax_parts;

TEST_CASE("the highest logit and the sum of exponentials are those of plain arithmetic") {
  std::mt19937 generator(5);
  std::normal_distribution<float> normal(-3.0F, 4.0F);
  for (const std::size_t count : {1U, 2U, 15U, 16U, 17U, 255U, 256U, 257U, 4099U, 151936U}) {
    CAPTURE(count);
    std::vector<float> logits(count);
    std::generate(logits.begin(), logits.end(), [&] { return normal(generator); });
    const auto highest = std::max_element(logits.begin(), logits.end());
    double sum = 0.0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - *highest);
    const auto parts = softmax_parts(logits);
    CHECK(parts.place == static_cast<std::size_t>(highest - logits.begin()));
    CHECK(parts.highest == *highest);
    CHECK(parts.sum == doctest::Approx(sum).epsilon(1e-6));
  }
}

TEST_CASE("of equal logits the first is the highest") {
  std::vector<float> logits(1000, 1.0F);
  logits[300] = logits[301] = logits[700] = 2.0F;
  CHECK(softmax_parts(logits).place == 300);
}

TEST_CASE("exponentials far below one count as nothing and do no harm") {
  std::vector<float> logits(40, -1e30F);
  logits[7] = 3.0F;
  logits[8] = -INFINITY;
  const auto parts = softmax_parts(logits);
  CHECK(parts.place == 7);
  CHECK(parts.sum == doctest::Approx(1.0));
}

TEST_CASE("entropies are those of plain arithmetic, whatever has no probability") {
  std::mt19937 generator(6);
  std::normal_distribution<float> normal(-3.0F, 2.0F);
  std::vector<float> logits(4099);
  std::generate(logits.begin(), logits.end(), [&] { return normal(generator); });
  logits[5] = -INFINITY;
  const auto parts = softmax_parts(logits);
  double expected = 0.0;
  for (const float logit : logits) {
    const double p = std::exp(static_cast<double>(logit) - static_cast<double>(parts.highest)) / parts.sum;
    if (p > 0.0) expected -= p * std::log(p);
  }
  CHECK(hotset::entropy(logits) == doctest::Approx(expected).epsilon(1e-5));
  CHECK(hotset::entropy(std::vector<float>(8, 2.0F)) == doctest::Approx(std::log(8.0)));
}

#include "shapes/power_law.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hotset {
namespace {

constexpr double kExponent = 1.0;
constexpr double kHighest = 0.99;

double probability_above(double q) { return std::erfc(q / std::numbers::sqrt2) / 2; }

/// Where `function`, which falls, passes zero between `low` and `high`.
template <typename Function>
double root(double low, double high, Function function) {
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (function(middle) > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

std::vector<float> power_law_frequencies(int count, double activity) {
  std::vector<double> law;
  law.reserve(static_cast<std::size_t>(count));
  for (int rank = 1; rank <= count; ++rank) law.push_back(std::pow(rank, -kExponent));
  const auto frequency = [](double scale, double value) { return std::min(kHighest, scale * value); };
  const double scale = root(0.0, 1.0 / law.back(), [&](double tried) {
    double sum = 0.0;
    for (const double value : law) sum += frequency(tried, value);
    return activity - sum / count;
  });
  std::vector<float> frequencies;
  frequencies.reserve(law.size());
  for (const double value : law) frequencies.push_back(static_cast<float>(frequency(scale, value)));
  return frequencies;
}

double normal_quantile(double frequency) {
  return root(-40.0, 40.0, [&](double q) { return probability_above(q) - frequency; });
}

double mean_square_above(double q) {
  const double density = std::exp(-q * q / 2) / std::sqrt(2 * std::numbers::pi);
  return (1 + q * q) * probability_above(q) - q * density;
}

}  // namespace hotset

#include "decode/softmax.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace hotset {
namespace {

// Loops over so many numbers that do the same to each: compilers make vectors of them.
constexpr std::size_t kLanes = 16;
/// What is added up in single precision: of a hundred thousand improbable tokens, more would get lost.
constexpr std::size_t kStretch = 16 * kLanes;

using Lanes = std::array<float, kLanes>;

/// e^x for x <= 0 within some units in the last place, and not below e^-87. No number stays none.
float exponential(float x) {
  constexpr float kLeast = -87.0F;
  x = x < kLeast ? kLeast : x;
  // Added to a number of a smaller magnitude, it leaves the nearest whole one in the lowest bits.
  constexpr float kRounder = 12582912.0F;
  const float shifted = x * 1.44269504F + kRounder;
  const float multiple = shifted - kRounder;
  // ln 2 in two parts, of which the first times a multiple is exact.
  x = x - multiple * 0.693145752F;
  x = x - multiple * 1.42860677e-6F;
  float series = 1.0F / 720.0F;
  series = series * x + 1.0F / 120.0F;
  series = series * x + 1.0F / 24.0F;
  series = series * x + 1.0F / 6.0F;
  series = series * x + 0.5F;
  series = series * x + 1.0F;
  series = series * x + 1.0F;
  constexpr std::uint32_t kOne = 127;  // the exponent of 1.0
  const std::uint32_t exponent = (std::bit_cast<std::uint32_t>(shifted) + kOne) << 23U;
  return series * std::bit_cast<float>(exponent);
}

/// A whole number that is ordered as floats are, which compilers find the highest of with vectors. Its own
/// inverse.
std::int32_t ordered(std::int32_t bits) { return bits ^ ((bits >> 31) & 0x7FFFFFFF); }

/// No number may count as the highest.
float highest_of(std::span<const float> logits) {
  std::int32_t highest = ordered(std::bit_cast<std::int32_t>(-std::numeric_limits<float>::infinity()));
  for (const float logit : logits) highest = std::max(highest, ordered(std::bit_cast<std::int32_t>(logit)));
  return std::bit_cast<float>(ordered(highest));
}

double sum_of_exponentials(std::span<const float> logits, float highest) {
  std::array<float, kStretch> terms{};
  for (std::size_t i = 0; i < logits.size(); ++i) terms[i] = exponential(logits[i] - highest);
  Lanes sums{};
  for (std::size_t i = 0; i < kStretch; i += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) sums[l] += terms[i + l];
  }
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// Of e^x times x, x = logit - highest.
double weighted_sum(std::span<const float> logits, float highest) {
  std::array<float, kStretch> terms{};
  for (std::size_t i = 0; i < logits.size(); ++i) {
    // What is left out has no probability, and times an infinite distance no number.
    const float x = std::max(logits[i] - highest, -87.0F);
    terms[i] = exponential(x) * x;
  }
  return std::accumulate(terms.begin(), terms.end(), 0.0);
}

}  // namespace

SoftmaxParts softmax_parts(std::span<const float> logits) {
  const auto stretch_at = [&](std::size_t begin) {
    return logits.subspan(begin, std::min(kStretch, logits.size() - begin));
  };
  SoftmaxParts parts{.place = 0, .highest = -std::numeric_limits<float>::infinity()};
  for (std::size_t begin = 0; begin < logits.size(); begin += kStretch) {
    const float highest = highest_of(stretch_at(begin));
    if (highest <= parts.highest) continue;
    parts.highest = highest;
    parts.place = begin;
  }
  const auto stretch = stretch_at(parts.place);
  const auto found = std::ranges::find(stretch, parts.highest);
  if (found != stretch.end()) parts.place += static_cast<std::size_t>(found - stretch.begin());
  for (std::size_t begin = 0; begin < logits.size(); begin += kStretch) {
    parts.sum += sum_of_exponentials(stretch_at(begin), parts.highest);
  }
  return parts;
}

double entropy(std::span<const float> logits) {
  const SoftmaxParts parts = softmax_parts(logits);
  double weighted = 0.0;
  for (std::size_t begin = 0; begin < logits.size(); begin += kStretch) {
    weighted += weighted_sum(logits.subspan(begin, std::min(kStretch, logits.size() - begin)), parts.highest);
  }
  return std::log(parts.sum) - weighted / parts.sum;
}

}  // namespace hotset

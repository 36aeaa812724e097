#include "neurons/magnitude_sample.h"

#include <algorithm>
#include <cmath>

namespace hotset {
namespace {

// The standard error of a quantile's rank is then at most 0.2%.
constexpr std::size_t kMostKept = 65536;
constexpr int kPercent = 100;

}  // namespace

void MagnitudeSample::add(float magnitude) {
  ++seen_;
  if (kept_.size() < kMostKept) {
    kept_.push_back(magnitude);
    return;
  }
  const std::uint64_t place = next_random() % seen_;
  if (place < kMostKept) kept_[place] = magnitude;
}

std::vector<float> MagnitudeSample::percentiles() const {
  std::vector<float> sorted = kept_;
  std::ranges::sort(sorted);
  std::vector<float> percentiles;
  for (int percent = 0; percent <= kPercent; ++percent) {
    const double place = static_cast<double>(sorted.size() - 1) * percent / kPercent;
    percentiles.push_back(sorted[static_cast<std::size_t>(std::lround(place))]);
  }
  return percentiles;
}

/// splitmix64: the same sample for the same text everywhere.
std::uint64_t MagnitudeSample::next_random() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

}  // namespace hotset

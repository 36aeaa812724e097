#include "neurons/neuron_sample.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hotset {
namespace {

// The standard error of a quantile's rank is then at most 0.2%.
constexpr std::size_t kMostKept = 65536;

}  // namespace

void NeuronSample::add(const NeuronAtToken& seen) {
  ++seen_;
  if (kept_.size() < kMostKept) {
    kept_.push_back(seen);
    return;
  }
  const std::uint64_t place = next_random() % seen_;
  if (place < kMostKept) kept_[place] = seen;
}

SelectionCurve NeuronSample::curve(const std::function<float(const NeuronAtToken&)>& score) const {
  std::vector<std::pair<float, double>> sorted;  // score, mass
  sorted.reserve(kept_.size());
  for (const NeuronAtToken& seen : kept_) sorted.emplace_back(score(seen), static_cast<double>(seen.mass));
  std::ranges::sort(sorted);
  std::vector<double> up_to;
  up_to.reserve(sorted.size());
  double sum = 0.0;
  for (const auto& [of, mass] : sorted) up_to.push_back(sum += mass);
  SelectionCurve curve;
  for (std::size_t point = 0; point < SelectionCurve::kPoints; ++point) {
    const double rank = static_cast<double>(point) / static_cast<double>(SelectionCurve::kPoints - 1);
    const auto place = static_cast<std::size_t>(std::lround(rank * static_cast<double>(sorted.size() - 1)));
    curve.scores.push_back(sorted[place].first);
    curve.left_out.push_back(sum > 0.0 ? static_cast<float>(up_to[place] / sum) : 0.0F);
  }
  curve.left_out.front() = 0.0F;
  return curve;
}

/// splitmix64: the same sample for the same text everywhere.
std::uint64_t NeuronSample::next_random() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

}  // namespace hotset

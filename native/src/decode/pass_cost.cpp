#include "decode/pass_cost.h"

#include <algorithm>

namespace hotset {
namespace {

// Each further token, where none was measured: little, so that drafts are tried.
constexpr double kUnknownGrowth = 0.06;
// Of a new measurement: the machine's speed changes at any time, the ratios hardly ever do.
constexpr double kSpeedWeight = 0.2;
constexpr double kRatioWeight = 0.02;
// A pass that somebody interrupted tells no more than this.
constexpr double kMostOff = 2.0;

}  // namespace

double PassCost::of(int tokens) const {
  int below = std::min(tokens, kMostOutputs);
  while (below > 1 && measured_[static_cast<std::size_t>(below)].passes == 0) --below;
  const double ratio = measured_[static_cast<std::size_t>(below)].ratio;
  int above = tokens;
  while (above <= kMostOutputs && measured_[static_cast<std::size_t>(above)].passes == 0) ++above;
  if (above > kMostOutputs || above == below) return ratio + kUnknownGrowth * (tokens - below);
  const double growth = (measured_[static_cast<std::size_t>(above)].ratio - ratio) / (above - below);
  return ratio + growth * (tokens - below);
}

void PassCost::learn(int tokens, Seconds took) {
  if (tokens < 1 || tokens > kMostOutputs) return;
  const double expected = of(tokens);
  if (one_ == 0.0) one_ = took.count() / expected;
  const double off = std::clamp(took.count() / (one_ * expected), 1.0 / kMostOff, kMostOff);
  Measured& measured = measured_[static_cast<std::size_t>(tokens)];
  if (tokens > 1) {
    const double weight = std::max(kRatioWeight, 1.0 / (measured.passes + 1));
    measured.ratio = expected * (1.0 + weight * (off - 1.0));
  }
  ++measured.passes;
  one_ *= 1.0 + kSpeedWeight * (took.count() / (one_ * of(tokens)) - 1.0);
}

}  // namespace hotset

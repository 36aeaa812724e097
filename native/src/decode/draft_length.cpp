#include "decode/draft_length.h"

#include <algorithm>

namespace hotset {
namespace {

// Of a new measurement in the mean.
constexpr double kCostWeight = 0.2;
constexpr double kShareWeight = 0.05;
// What was not measured is taken to cost this much more for each further token: little, so that it is tried.
constexpr double kUnknownGrowth = 0.05;
// What is not used approaches what it would be without measurements, for one busy moment must not decide for
// good.
constexpr double kForgetting = 0.002;

}  // namespace

int DraftLength::choose(DraftSource source, int columns, int available) {
  const int most = std::min(available, kMostOutputs - columns);
  int best = 0;
  double best_rate = 1.0 / cost_of(columns);
  double expected = 1.0;
  double all_right = 1.0;
  for (int drafted = 1; drafted <= most; ++drafted) {
    all_right *= share_of(source);
    expected += all_right;
    const double rate = expected / cost_of(columns + drafted);
    if (rate <= best_rate) continue;
    best_rate = rate;
    best = drafted;
  }
  if (best == 0 && most > 0) {
    const double usual = kExpected[static_cast<std::size_t>(source)];
    share_of(source) += kForgetting * (usual - share_of(source));
  }
  return best;
}

void DraftLength::learn_cost(int columns, Seconds took) {
  if (columns < 1 || columns > kMostOutputs) return;
  for (Cost& cost : costs_) cost.seconds *= 1.0 - kForgetting;
  Cost& cost = costs_[static_cast<std::size_t>(columns)];
  ++cost.measured;
  // The first pass of its kind builds its graph.
  if (cost.measured == 1) return;
  const double weight = std::max(kCostWeight, 1.0 / (cost.measured - 1));
  cost.seconds += weight * (took.count() - cost.seconds);
}

void DraftLength::learn_acceptance(DraftSource source, int drafted, int accepted) {
  double& share = share_of(source);
  for (int i = 0; i < accepted; ++i) share += kShareWeight * (1.0 - share);
  if (accepted < drafted) share += kShareWeight * (0.0 - share);
}

double DraftLength::cost_of(int columns) const {
  for (int known = columns; known > 0; --known) {
    const Cost& cost = costs_[static_cast<std::size_t>(known)];
    if (cost.measured > 1) return cost.seconds * (1.0 + kUnknownGrowth * (columns - known));
  }
  return 1.0 + kUnknownGrowth * columns;
}

}  // namespace hotset

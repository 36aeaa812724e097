#include "neurons/threshold_policy.h"

#include <algorithm>
#include <utility>

namespace hotset {
namespace {

// A controller asks the profile for a mass, and what is kept follows it about one to one.
constexpr double kGain = 1.0;
constexpr double kFarthest = 0.3;
// Of the most certain tokens so much more of the neurons is left out than on average, of the most uncertain
// ones so much less.
constexpr double kEntropySpread = 0.2;

/// What is asked of the curves to begin with.
Threshold beginning(const Threshold& choice) {
  if (choice.by == Threshold::By::kDynamicMass) return {.by = Threshold::By::kMass, .at = choice.at};
  if (choice.by == Threshold::By::kEntropy) return {.by = Threshold::By::kShare, .at = choice.at};
  return choice;
}

}  // namespace

ThresholdPolicy::ThresholdPolicy(std::vector<SelectionCurve> curves, const Threshold& choice)
    : curves_(std::move(curves)), choice_(choice) {
  for (const SelectionCurve& curve : curves_) thresholds_.push_back(threshold_of(curve, beginning(choice)));
  if (choice.by != Threshold::By::kDynamicMass) return;
  const KeptMassController::Range range{.start = choice.at,
                                        .least = std::max(0.0, choice.at - kFarthest),
                                        .most = std::min(1.0, choice.at + kFarthest)};
  controllers_.assign(curves_.size(), KeptMassController(choice.at, range, kGain));
}

void ThresholdPolicy::learn(int layer, double kept, double all) {
  const auto index = static_cast<std::size_t>(layer);
  controllers_[index].learn(kept, all);
  thresholds_[index] =
      threshold_of(curves_[index], {.by = Threshold::By::kMass, .at = controllers_[index].setting()});
}

void ThresholdPolicy::expect(double entropy) {
  const double spread = std::min({kEntropySpread, choice_.at, 1.0 - choice_.at});
  const Threshold now{.by = Threshold::By::kShare,
                      .at = choice_.at + spread * (1.0 - 2.0 * rank_.add(entropy))};
  for (std::size_t layer = 0; layer < curves_.size(); ++layer) {
    thresholds_[layer] = threshold_of(curves_[layer], now);
  }
}

}  // namespace hotset

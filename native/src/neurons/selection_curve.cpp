#include "neurons/selection_curve.h"

#include <algorithm>
#include <cmath>

namespace hotset {
namespace {

float score_at(const SelectionCurve& curve, double rank) {
  const double at = rank * static_cast<double>(curve.scores.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, curve.scores.size() - 1);
  return std::lerp(curve.scores[below], curve.scores[above], static_cast<float>(at - std::floor(at)));
}

/// The rank up to which scores have this share of the mass.
double rank_of_mass(const SelectionCurve& curve, double share) {
  const auto& left_out = curve.left_out;
  const auto above = std::ranges::upper_bound(left_out, static_cast<float>(share));
  if (above == left_out.begin()) return 0.0;
  if (above == left_out.end()) return 1.0;
  const auto index = static_cast<double>(above - left_out.begin());
  const double low = static_cast<double>(*(above - 1));
  const double part = (share - low) / (static_cast<double>(*above) - low);
  return (index - 1.0 + part) / static_cast<double>(left_out.size() - 1);
}

}  // namespace

float threshold_of(const SelectionCurve& curve, const Threshold& choice) {
  switch (choice.by) {
    case Threshold::By::kValue:
      return static_cast<float>(choice.at);
    case Threshold::By::kMass:
      return score_at(curve, rank_of_mass(curve, 1.0 - choice.at));
    default:
      break;
  }
  return score_at(curve, choice.at);
}

}  // namespace hotset

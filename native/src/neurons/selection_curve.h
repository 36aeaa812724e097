// How scores spread over the neurons of a layer, and what leaving out those below some score costs.
#pragma once

#include <cstddef>
#include <vector>

#include "neurons/selection.h"

namespace hotset {

struct SelectionCurve {
  static constexpr std::size_t kPoints = 101;

  /// [kPoints]: the 0% to 100% quantiles of the scores.
  std::vector<float> scores;
  /// [kPoints]: the share of the mass that scores up to these have, rising from 0 to 1; empty: unknown, in
  /// profiles of older versions.
  std::vector<float> left_out;

  bool operator==(const SelectionCurve&) const = default;
};

/// τ of the layer, between the nearest points. Preconditions: by share, mass or value; left_out is known for
/// Threshold::By::kMass.
float threshold_of(const SelectionCurve& curve, const Threshold& choice);

}  // namespace hotset

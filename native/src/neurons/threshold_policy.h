// τ of each layer: fixed, or following what is decoded.
#pragma once

#include <vector>

#include "neurons/entropy_rank.h"
#include "neurons/kept_mass_controller.h"
#include "neurons/selection.h"
#include "neurons/selection_curve.h"

namespace hotset {

class ThresholdPolicy {
 public:
  /// One τ for each layer, for good.
  explicit ThresholdPolicy(std::vector<float> fixed) : thresholds_(std::move(fixed)) {}

  /// curves: one for each layer. Preconditions: those of threshold_of(), and the curves' left_out is known
  /// for Threshold::By::kDynamicMass.
  ThresholdPolicy(std::vector<SelectionCurve> curves, const Threshold& choice);

  float of(int layer) const { return thresholds_[static_cast<std::size_t>(layer)]; }

  /// Whether learn() moves thresholds.
  bool wants_audits() const { return !controllers_.empty(); }
  /// Whether expect() does.
  bool wants_entropy() const { return choice_.by == Threshold::By::kEntropy; }

  /// Masses of an audited token in this layer.
  void learn(int layer, double kept, double all);

  /// entropy: of the distribution that the token was chosen from which is computed next.
  void expect(double entropy);

 private:
  std::vector<SelectionCurve> curves_;  ///< empty: fixed
  Threshold choice_ = {};
  std::vector<float> thresholds_;
  std::vector<KeptMassController> controllers_;
  EntropyRank rank_;
};

}  // namespace hotset

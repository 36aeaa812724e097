// What neurons did while tokens were decoded.
#pragma once

#include <optional>

namespace hotset {

/// Means over the tokens decoded one at a time since they were last asked for. Shares lie between 0 and 1.
struct DecodeStatistics {
  /// Neurons whose activation was not zero (thresholded: above τ) / all neurons that the CPU computes.
  double activity = 0.0;
  /// Neurons whose gate was computed / all neurons.
  std::optional<double> computed = std::nullopt;
  /// Of the predictor, sampled: activation mass of the neurons it kept / of all cold neurons that fired.
  std::optional<double> recall = std::nullopt;
};

}  // namespace hotset

// What neurons did while tokens were decoded.
#pragma once

#include <optional>
#include <vector>

namespace hotset {

/// Means over the tokens decoded one at a time since they were last asked for. Shares lie between 0 and 1.
struct DecodeStatistics {
  /// Neurons whose activation was not zero (thresholded: above τ) / all neurons that the CPU computes.
  double activity = 0.0;
  /// Neurons whose gate was computed / all neurons.
  std::optional<double> computed = std::nullopt;
  /// Where neurons are left out, sampled: activation mass of the cold neurons that were computed / of all
  /// that fire (SiLU: of all).
  std::optional<double> recall = std::nullopt;
  /// The same for each layer, nullopt for those without a sample; empty where nothing is left out.
  std::vector<std::optional<double>> recall_by_layer = {};
  /// Where thresholds follow what is decoded: time spent on that / on the tokens.
  std::optional<double> adapting = std::nullopt;
};

}  // namespace hotset

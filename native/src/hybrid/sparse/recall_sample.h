// What leaving neurons out missed in one layer for one token: the truth, computed beside what was kept.
#pragma once

#include <vector>

#include "hybrid/prediction/predictor.h"
#include "hybrid/sparse/sparse_layer.h"

namespace hotset {

/// Mass (|activation| times the length of the down row) of the cold neurons that truly fire.
struct ColdMass {
  double kept = 0.0;  ///< of those that were computed
  double all = 0.0;
};

/// What is needed of a token and a layer to find the truth later.
struct PredictionSample {
  std::vector<float> normed;  ///< [embedding]
  std::vector<int> fired;     ///< places of the neurons that were computed and fired
};

/// |activation| times the length of each down row.
std::vector<FiredNeuron> masses(const SparseLayer& layer, std::span<const int> places,
                                std::span<const float> activations);

/// Computes some of the layer's neurons for the sample's token, in one thread with memory of its own.
ColdMass measure_recall(const SparseLayer& layer, const PredictionSample& sample, Every some,
                        SparseScratch& scratch);

}  // namespace hotset

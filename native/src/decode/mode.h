// Which neurons the hybrid decoder computes for a token.
#pragma once

#include <string>

namespace hotset {

enum class Mode {
  kDense,        ///< all
  kExact,        ///< every gate, up and down only of neurons that fire: the same output
  kPredicted,    ///< only hot neurons and those that a predictor names
  kThresholded,  ///< every gate, up and down only where |silu(gate)| is above τ; SiLU models
};

enum class PredictorChoice {
  kAuto,     ///< learned if there is one, else sign
  kLearned,  ///< fc1 and fc2 in the model's file or in MODEL.predictors.gguf
  kSign,     ///< from the sign bits of gate, without training
};

/// Passes that compute every neuron where the mode leaves some out; at most one of the two is above 0.
struct DensePasses {
  int verified = 0;   ///< tokens drafted for each such pass: what is said is what dense mode says
  int corrected = 0;  ///< tokens whose keys and values such a pass computes anew (Sirius)
};

inline std::string mode_name(Mode mode) {
  switch (mode) {
    case Mode::kExact:
      return "exact";
    case Mode::kPredicted:
      return "predicted";
    case Mode::kThresholded:
      return "thresholded";
    default:
      return "dense";
  }
}

}  // namespace hotset

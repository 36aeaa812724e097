// Which neurons thresholded mode computes for a token: those whose score is above the layer's τ.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

namespace hotset {

/// What a neuron's score is. Mass is |silu(gate) * up| times the length of the neuron's down row.
enum class Selection {
  kGate,      ///< |silu(gate)|: up and down of the others are left out (CATS)
  kWeighted,  ///< |silu(gate)| times the mass that the neuron has for it on average: the same (CHESS)
  kProduct,   ///< the mass itself: every up is computed, down of the others is left out (TEAL)
};

inline constexpr std::array kSelections = {std::pair{"gate", Selection::kGate},
                                           std::pair{"weighted", Selection::kWeighted},
                                           std::pair{"product", Selection::kProduct}};

inline std::size_t index_of(Selection selection) { return static_cast<std::size_t>(selection); }
inline const char* name_of(Selection selection) { return kSelections[index_of(selection)].first; }

/// What each layer's τ follows from.
struct Threshold {
  enum class By {
    kShare,        ///< of the neurons that are left out on average, between 0 and 1
    kMass,         ///< that is kept on average, between 0 and 1
    kValue,        ///< of τ itself, the same in all layers
    kTop,          ///< share of the neurons that is left out of every token; Selection::kProduct
    kTokenMass,    ///< mass that is kept of every token; Selection::kProduct
    kDynamicMass,  ///< kMass that a controller holds while decoding; of predicted mode too
    kEntropy,      ///< kShare, more of it the surer the model was of its last token
  };

  By by = By::kShare;
  double at = 0.5;
};

}  // namespace hotset

// τ of one token in one layer, found among its own masses: by a histogram, because sorting takes longer than
// the rows that are left out.
#pragma once

#include <span>

#include "neurons/selection.h"

namespace hotset {

/// Whether τ is found anew for every token, and so needs no profile.
inline bool is_per_token(const Threshold& choice) {
  return choice.by == Threshold::By::kTop || choice.by == Threshold::By::kTokenMass;
}

/// Masses above it, |activation| times length, are the share or have the mass that was asked for, within a
/// hundredth. Both [neurons]. Precondition: is_per_token(choice).
float token_threshold(std::span<const float> activations, std::span<const float> lengths,
                      const Threshold& choice);

}  // namespace hotset

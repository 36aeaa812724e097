// What a pass costs by the tokens that it computes at once, as measured: how much more than one token alone.
// Only the ratio is kept for long, for how fast the machine is changes with what else it does.
#pragma once

#include <array>
#include <chrono>

#include "decode/decoder.h"

namespace hotset {

class PassCost {
 public:
  using Seconds = std::chrono::duration<double>;

  /// A multiple of what one token alone costs. tokens: at least 1.
  double of(int tokens) const;

  /// Learns from a pass; more than kMostOutputs tokens tell nothing.
  void learn(int tokens, Seconds took);

 private:
  struct Measured {
    int passes = 0;
    double ratio = 1.0;
  };

  std::array<Measured, kMostOutputs + 1> measured_ =
      {};             ///< by tokens; those of 1 are what others are held against
  double one_ = 0.0;  ///< seconds that one token alone takes just now; 0: unknown
};

}  // namespace hotset

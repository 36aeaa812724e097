// How scores of neurons spread over a text too long to keep: an even sample of neurons and tokens (reservoir
// sampling, Vitter's algorithm R).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "neurons/selection_curve.h"

namespace hotset {

/// A neuron at one token.
struct NeuronAtToken {
  int neuron;
  float magnitude;  ///< |silu(gate)|
  float mass;       ///< |silu(gate) * up| times the length of the down row
};

class NeuronSample {
 public:
  void add(const NeuronAtToken& seen);

  bool empty() const { return kept_.empty(); }

  /// Precondition: !empty().
  SelectionCurve curve(const std::function<float(const NeuronAtToken&)>& score) const;

 private:
  std::uint64_t next_random();

  std::uint64_t seen_ = 0;
  std::uint64_t state_ = 0;
  std::vector<NeuronAtToken> kept_;
};

}  // namespace hotset

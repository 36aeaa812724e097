// When a neuron fires and what it then contributes, from the products of its gate and up rows.
#pragma once

#include "gguf/model_file.h"

namespace hotset {

class ActivationRule {
 public:
  /// threshold: τ, for SiLU models alone: neurons with |silu(gate)| of at most this do not fire. In the ReLU
  /// family it is the gate's sign that decides. Precondition: activation is not Activation::kOther.
  ActivationRule(Activation activation, float threshold);

  /// Whether the neuron is worth its up and down rows.
  bool fires(float gate) const { return gate > above_ || (gate > inside_begin_ && gate < inside_end_); }

  /// The factor of the neuron's down row.
  float activation(float gate, float up) const;

 private:
  Activation activation_;
  float above_ = 0.0F;
  /// Left of zero |silu| rises to 0.278 at -1.278 and falls again: the gates whose magnitude exceeds τ lie
  /// between two borders there.
  float inside_begin_ = 0.0F;
  float inside_end_ = 0.0F;
};

}  // namespace hotset

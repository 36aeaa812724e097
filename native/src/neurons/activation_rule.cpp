#include "neurons/activation_rule.h"

#include <cmath>
#include <limits>

namespace hotset {
namespace {

float silu(float gate) { return gate / (1.0F + std::exp(-gate)); }

/// Where silu has its minimum, to the precision of a float.
constexpr float kLowest = -1.2784645F;
constexpr float kNone = std::numeric_limits<float>::infinity();

/// The gate between `inside` and `outside` from which on |silu| exceeds `threshold`.
/// Precondition: |silu| is monotonic between the two, exceeds `threshold` at `inside` and not at `outside`.
float border(float inside, float outside, float threshold) {
  constexpr int kBisections = 64;
  for (int i = 0; i < kBisections; ++i) {
    const float middle = inside + (outside - inside) / 2;
    (std::abs(silu(middle)) > threshold ? inside : outside) = middle;
  }
  return outside;
}

}  // namespace

ActivationRule::ActivationRule(Activation activation, float threshold) : activation_(activation) {
  if (activation != Activation::kSilu) return;
  // silu(x) lies between x - 0.28 and x for positive x.
  above_ = border(threshold + 1.0F, 0.0F, threshold);
  if (threshold >= std::abs(silu(kLowest))) return;
  inside_end_ = border(kLowest, 0.0F, threshold);
  // From -104 on silu is zero in F32.
  inside_begin_ = threshold > 0.0F ? border(kLowest, -128.0F, threshold) : -kNone;
}

float ActivationRule::activation(float gate, float up) const {
  if (activation_ == Activation::kSilu) return silu(gate) * up;
  if (gate <= 0.0F || (activation_ == Activation::kDrelu && up <= 0.0F)) return 0.0F;
  return gate * up;
}

}  // namespace hotset

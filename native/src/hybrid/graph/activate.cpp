#include "hybrid/graph/activate.h"

namespace hotset {
namespace {

/// Of neurons without a gate.
ggml_tensor* activate_up(ggml_context* context, const FeedForwardWeights& weights, ggml_tensor* normed) {
  ggml_tensor* up = ggml_mul_mat(context, weights.up, normed);
  if (weights.up_bias != nullptr) up = ggml_add(context, up, weights.up_bias);
  return ggml_gelu(context, up);
}

}  // namespace

ggml_tensor* activate(ggml_context* context, Activation activation, const FeedForwardWeights& weights,
                      ggml_tensor* normed, ggml_tensor** of_gate) {
  const bool silu = activation == Activation::kSilu;
  if (weights.gate_up != nullptr) {
    ggml_tensor* both = ggml_mul_mat(context, weights.gate_up, normed);
    if (silu && of_gate != nullptr) *of_gate = both;
    if (silu) return ggml_swiglu(context, both);
    if (activation == Activation::kGelu) return ggml_geglu(context, both);
    if (activation == Activation::kDrelu) both = ggml_relu_inplace(context, both);
    return ggml_reglu(context, both);
  }
  if (weights.gate == nullptr) return activate_up(context, weights, normed);
  ggml_tensor* gate = ggml_mul_mat(context, weights.gate, normed);
  ggml_tensor* up = ggml_mul_mat(context, weights.up, normed);
  if (silu && of_gate != nullptr) *of_gate = gate;
  if (silu) return ggml_swiglu_split(context, gate, up);
  if (activation == Activation::kGelu) return ggml_geglu_split(context, gate, up);
  if (activation == Activation::kDrelu) up = ggml_relu_inplace(context, up);
  return ggml_reglu_split(context, gate, up);
}

}  // namespace hotset

// Says which cold neurons of a layer will fire, before any of their rows is read.
#pragma once

#include <ggml.h>

#include <cstdint>
#include <span>

#include "neurons/split.h"

namespace hotset {

/// What a feed-forward block is computed from, each F32 [embedding, tokens].
struct FeedForwardInput {
  ggml_tensor* normed;  ///< after ffn_norm
  ggml_tensor* hidden;  ///< before it
};

/// A neuron's share in the block's output: |activation| times the length of its down row.
struct FiredNeuron {
  int place;
  float mass;
};

class Predictor {
 public:
  Predictor() = default;
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;
  virtual ~Predictor() = default;

  /// "learned" or "sign".
  virtual const char* name() const = 0;

  /// Adds the prediction to a graph: F32 [neurons - first(layer), tokens], scores in the order of the places.
  /// The graph must not outlive this.
  virtual ggml_tensor* build(ggml_context* context, int layer, FeedForwardInput input) = 0;

  /// The place of the first score.
  virtual int first(int layer) const = 0;

  /// A neuron is predicted to fire where its score is at least this. May change from token to token.
  virtual float threshold(int layer) const = 0;

  /// How far scores of a layer's neurons lie apart, roughly.
  virtual float score_deviation() const { return 1.0F; }

  /// Whether `hidden` of the input is read.
  virtual bool needs_hidden() const { return false; }

  /// Bytes read for one token.
  virtual std::uint64_t bytes() const = 0;

  /// Whether learn() wants to hear of the layer's last token.
  virtual bool wants_truth(int /*layer*/) const { return false; }

  /// fired: all neurons from first(layer) on that fired. Called once for a token, by one thread, after the
  /// layer was computed.
  virtual void learn(int /*layer*/, std::span<const FiredNeuron> /*fired*/) {}
};

/// Where a predictor's scores begin: hot neurons need none. A whole number of the row groups that ggml's
/// faster layouts interleave is left over.
inline int first_predicted(const LayerSplit& split) {
  constexpr int kRowGroup = 32;
  return split.hot / kRowGroup * kRowGroup;
}

}  // namespace hotset

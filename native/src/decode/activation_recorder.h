// What a model's feed-forward blocks take in and compute on a text: for counting activations and for training
// predictors.
#pragma once

#include <functional>
#include <span>

#include "decode/decoder.h"
#include "hybrid/graph/executor.h"
#include "progress.h"

namespace hotset {

/// One row of floats for each token.
struct TokenRows {
  const float* data = nullptr;
  std::size_t stride = 0;  ///< floats from one token's row to the next
  std::size_t length = 0;  ///< floats of a row

  std::span<const float> of(int token) const {
    return {data + static_cast<std::size_t>(token) * stride, length};
  }
};

/// One layer's feed-forward block for some tokens. E embedding, N neurons.
struct LayerRecord {
  int layer = 0;
  int tokens = 0;
  TokenRows normed;       ///< [tokens][E], after ffn_norm
  TokenRows gate;         ///< [tokens][N], gate's product; only of SiLU models
  TokenRows activations;  ///< [tokens][N], what down is multiplied with
};

class ActivationRecorder {
 public:
  /// window: longest text, in tokens. Throws Error kOutOfMemory, kInternal.
  /// Precondition: can_run(model). `model` must outlive this.
  ActivationRecorder(const ModelFile& model, int window, int threads, const Progress& progress);

  /// Called for every layer of some tokens, then for those that follow; the record is valid during the call.
  using Visit = std::function<void(const LayerRecord& record)>;

  /// Runs `window`, a text of its own. Returns false when `cancel` became true on the way: `visit` has then
  /// seen a first part of it. Throws Error: kBadInput (unknown tokens, too many), kInternal.
  bool run(std::span<const Token> window, const CancelFlag& cancel, const Visit& visit);

  const Weights& weights() const { return weights_; }

 private:
  void show(int tokens, const Visit& visit) const;

  const ModelFile& model_;
  Layout layout_;  ///< everything on the CPU
  Weights weights_;
  KvCache cache_;
  Executor executor_;
  int chunk_tokens_;
};

}  // namespace hotset

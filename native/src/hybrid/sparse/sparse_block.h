// Feed-forward blocks that leave neurons out, whichever way they choose them.
#pragma once

#include <ggml.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hybrid/prediction/predictor.h"
#include "neurons/decode_statistics.h"
#include "neurons/firing.h"

namespace hotset {

class SparseBlock {
 public:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  SparseBlock() = default;
  SparseBlock(const SparseBlock&) = delete;
  SparseBlock& operator=(const SparseBlock&) = delete;
  virtual ~SparseBlock() = default;

  /// Most tokens of a graph: drafts, or as many of a prompt as pay for reading a gate's row once for all.
  static constexpr int kMostDraftTokens = 8;
  static constexpr int kMostPromptTokens = 64;
  static constexpr int kMostTexts = 16;

  /// A FeedForward as graph.h describes it. The graph must not outlive this.
  virtual ggml_tensor* build(ggml_context* context, int layer, FeedForwardInput input,
                             ggml_tensor* residual) = 0;

  /// Whether prompts can come here too, which saves the memory of the dense matrices.
  virtual bool serves_prompts() const { return false; }
  /// The same for a prompt: asks no predictor. Precondition: serves_prompts().
  virtual ggml_tensor* build_prompt(ggml_context* context, int layer, FeedForwardInput input,
                                    ggml_tensor* residual) {
    return build(context, layer, input, residual);
  }

  /// Whether build() reads input.hidden.
  virtual bool needs_hidden() const { return false; }

  /// Texts that a graph can go on with at once, each by a token of its own.
  virtual int most_texts() const = 0;

  /// Says of which text each token of the next graph is the next one, 0 to kMostTexts - 1: what follows a
  /// text is that text's alone. Empty: they are a prompt's, or drafts.
  void begin(std::span<const int> texts) { texts_.assign(texts.begin(), texts.end()); }

  /// Counts what the last graph did. Call it after every graph that was begun with texts and computed whole.
  /// took: by the graph.
  virtual void end(Seconds took) = 0;

  /// Whether expect() changes anything.
  virtual bool wants_entropy() const { return false; }
  /// entropy: in nats, of the distribution that the text's tokens of the next graph begin with a choice from.
  /// took: by finding it.
  virtual void expect(int /*text*/, double /*entropy*/, Seconds /*took*/) {}

  /// What was counted of the text since the last call; nullopt if nothing was.
  virtual std::optional<DecodeStatistics> take_statistics(int text) = 0;

  /// Whether there are neurons that the CPU computes: only those are counted.
  virtual bool watches_neurons() const { return true; }

  /// Tells `watch` which neurons fire from now on, null for nobody; it must outlive this.
  void watch(FiringWatch* watch) { watch_ = watch; }

  /// Samples the recall of the text's next token.
  virtual void sample_next(int text) = 0;

  /// Null without one.
  virtual const Predictor* predictor() const { return nullptr; }

  /// Of the rows of all layers that every token reads, and of those that are left out where a neuron is.
  virtual std::uint64_t gate_bytes() const = 0;
  virtual std::uint64_t up_down_bytes() const = 0;

 protected:
  /// Of the graph's token in this column; prompts and drafts are the first one's.
  int text_of(std::int64_t column) const {
    return texts_.empty() ? 0 : texts_[static_cast<std::size_t>(column)];
  }

  FiringWatch* watch_ = nullptr;
  std::vector<int> texts_;
};

}  // namespace hotset

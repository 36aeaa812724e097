// The one interface of every decoder: tokens in, logits out, over one KV cache.
#pragma once

#include <ggml.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "neurons/decode_statistics.h"
#include "neurons/firing.h"
#include "runtime/trace.h"

namespace hotset {

using Token = std::int32_t;

/// What a decoder says of itself once its model is loaded. Shares lie between 0 and 1.
struct DecoderDescription {
  std::string decoder;  ///< "llama.cpp" or "hybrid"
  std::string mode;     ///< "dense", "exact", "predicted" or "thresholded"
  std::string kernel;   ///< SIMD kernel of the cold path; empty for llama.cpp
  std::string profile_corpus;
  int threads = 1;
  int context_length = 0;                ///< tokens of the longest sequence
  ggml_type cache_type = GGML_TYPE_F16;  ///< of the KV cache
  double hot_share = 1.0;                ///< neurons computed densely / all neurons
  double gpu_share = 0.0;                ///< neurons whose weights lie on a GPU / all neurons
  std::string device;                    ///< the GPU's name; empty without one
  std::uint64_t gpu_bytes = 0;           ///< what ggml allocated there
  int attention_layers_on_gpu = 0;
  bool head_on_gpu = false;
  std::string predictor;              ///< "learned" or "sign"; empty without one
  std::uint64_t predictor_bytes = 0;  ///< of all layers
  std::uint64_t gate_bytes = 0;       ///< of all gate rows as the mode reads them
  std::uint64_t up_down_bytes = 0;    ///< of all up and down rows as the mode reads them
  double head_bytes_left_out = 0.0;   ///< mean over the passes that chose one token
};

/// Documents whose keys and values are kept beside each other.
inline constexpr int kMostSequences = 8;

/// Texts that can go on together.
inline constexpr int kMostTogether = 16;

/// Of how many tokens logits can be had at once.
inline constexpr int kMostOutputs = 8;

/// What comes next in one of the sequences.
struct NextToken {
  int sequence;
  Token token;
};

/// Ends a computation from another thread. Checked between graph nodes.
using CancelFlag = std::atomic<bool>;

/// A model that continues token sequences, one at a time: the selected one. Not thread safe: one caller at a
/// time; only the cancel flag may be set from elsewhere.
class Decoder {
 public:
  virtual ~Decoder() = default;

  virtual DecoderDescription describe() const = 0;

  /// Sequences that the KV cache can hold beside each other.
  virtual int sequences() const { return 1; }

  /// Selects one of them, 0 at first: everything else is about it.
  virtual void select(int /*sequence*/) {}

  /// Puts the first `length` tokens of another sequence in the place of the selected one, computing nothing.
  /// Precondition: that one holds as many.
  virtual void branch(int /*other*/, int /*length*/) {}

  /// Tokens that the KV cache has room for beside all sequences.
  virtual int room() const { return describe().context_length - position(); }

  /// Number of tokens in the sequence.
  virtual int position() const = 0;

  /// Appends `tokens` to the sequence and computes the logits of the last `outputs` of them, at most
  /// kMostOutputs. Returns false when `cancel` became true on the way; the KV cache then holds some first
  /// part of `tokens` (see position()), all of it valid. Throws Error when the tokens do not fit the context
  /// or a backend fails.
  virtual bool append(std::span<const Token> tokens, int outputs, const CancelFlag& cancel) = 0;

  /// The same with the logits of the last token alone.
  bool append(std::span<const Token> tokens, const CancelFlag& cancel) { return append(tokens, 1, cancel); }

  /// Sequences that append_each() goes on with at once; 1: it is not to be called.
  virtual int most_together() const { return 1; }

  /// Appends one token to each of several sequences, at most most_together(), whichever is selected, and
  /// computes the logits behind all of them in one pass: to each sequence what append() does of that token,
  /// and what follows a text (thresholds, statistics) follows each by itself. Returns false when `cancel`
  /// became true on the way: nothing is appended then. Throws as append() does.
  virtual bool append_each(std::span<const NextToken> /*next*/, const CancelFlag& /*cancel*/) {
    return false;
  }

  /// Keys and values of the sequence's first `length` tokens, for append_rows() of any decoder of the same
  /// file and type of cache. Of decoders that go on with several sequences at once.
  virtual std::vector<std::byte> rows(int /*length*/) const { return {}; }

  /// Appends tokens whose keys and values are `rows`, computing nothing. Throws Error kBadInput where there
  /// are not as many, or the tokens do not fit.
  virtual void append_rows(std::span<const Token> /*tokens*/, std::span<const std::byte> /*rows*/) {}

  /// The logits that the last append() or append_each() computed, row-major [outputs, n_vocab]; valid until
  /// the next one or truncate().
  virtual std::span<const float> logits() const = 0;

  /// Whether append() is only asked for the most probable token from now on, which may cost less: the highest
  /// logit of each row is exact then, and others are near. They are the same whatever is computed beside
  /// them. False at first.
  virtual void only_choose(bool /*is_so*/) {}

  /// Whether compute_all() changes anything.
  virtual bool leaves_out() const { return false; }

  /// Whether append() computes every neuron from now on, where the mode leaves some out. False at first.
  virtual void compute_all(bool /*is_so*/) {}

  /// Makes the highest logit of a row of logits() among these tokens exact, at least one.
  virtual void settle_among(int /*row*/, std::span<const Token> /*tokens*/) {}

  /// Like truncate(0) and append(), returning the exact logits of every position: row-major [tokens,
  /// n_vocab].
  virtual std::vector<float> all_logits(std::span<const Token> tokens) = 0;

  /// Forgets everything from `position` on; a decoder that cannot forget a part (a recurrent state) forgets
  /// all, see position(). Precondition: 0 <= position <= position().
  virtual void truncate(int position) = 0;

  /// What the neurons did since the last call; nullopt where the decoder does not look, or saw no token.
  virtual std::optional<DecodeStatistics> take_statistics() = 0;

  /// The same of a sequence's tokens that append_each() computed, and restart_statistics() of it.
  virtual std::optional<DecodeStatistics> take_statistics_of(int /*sequence*/) { return std::nullopt; }
  virtual void restart_statistics_of(int sequence) { take_statistics_of(sequence); }

  /// Whether take_statistics() tells of tokens that are computed alone.
  virtual bool watches_neurons() const { return false; }

  /// Forgets what the neurons did; of the next token that is computed alone recall is told.
  virtual void restart_statistics() { take_statistics(); }

  /// Whether it is kept from now on which neurons fire, for take_firing(); forgets what was kept.
  virtual void watch_firing(bool /*is_so*/) {}

  /// Since restart_statistics(), by tokens that were computed alone; none where nobody watches or the decoder
  /// does not look.
  virtual Firing take_firing() { return {}; }

  /// When each device computed what since the last call; empty unless the decoder keeps a trace.
  virtual std::vector<TraceEvent> take_trace() { return {}; }
};

}  // namespace hotset

// One model with one KV cache, from prompt to text: reuses what the cache holds, decodes, and knows when to
// stop.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "decode/batch.h"
#include "decode/decoder.h"
#include "decode/generation.h"
#include "decode/lookahead.h"
#include "decode/mode.h"
#include "decode/sequences.h"
#include "decode/vocabulary.h"

namespace hotset {

/// Not thread safe: one caller at a time. Decoder and vocabulary must outlive it.
class Session {
 public:
  Session(Decoder& decoder, const Vocabulary& vocabulary, const DensePasses& dense = {})
      : decoder_(decoder),
        vocabulary_(vocabulary),
        dense_(decoder.leaves_out() ? dense : DensePasses{}),
        sequences_(decoder),
        batch_(decoder, vocabulary, sequences_) {}
  // The batch refers to the sequences.
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Continues `prompt`. `cancel` ends it with what was generated so far.
  /// Throws Error: kBadInput (empty or too long a prompt, unknown tokens, options out of range), kInternal.
  Generation generate(std::span<const Token> prompt, const GenerateOptions& options, const TextSink& on_text,
                      const CancelFlag& cancel);

  /// Texts that together() goes on with at once; 1: only one at a time is computed as the mode says.
  int most_together() const;

  /// Generations that are computed together; what else is asked of the session waits while it runs.
  Batch& together() { return batch_; }

  /// Computes what is not held of `prompt`, for a later generate() with the same beginning. `cancel` ends it;
  /// what was computed stays. Throws Error kBadInput, kInternal.
  Prefill prefill(std::span<const Token> prompt, const std::string& sequence, const CancelFlag& cancel);

  /// What is still computed of all documents: they share the room.
  std::vector<HeldSequence> held() const { return sequences_.held(); }

  /// How long a pass takes over each of `counts` tokens (1 to kMostOutputs), with the logits of all of them,
  /// behind `prompt`: row-major [rounds, counts], in turns, there and back; cut to whole rounds where
  /// `cancel` ended it. Drafts go by it from then on. Throws Error kBadInput, kInternal.
  std::vector<double> pass_milliseconds(std::span<const Token> prompt, std::span<const std::int32_t> counts,
                                        int rounds, const CancelFlag& cancel);

  /// Logits of every position of a fresh sequence, row-major [tokens, n_vocab]; leaves the KV cache empty.
  std::vector<float> all_logits(std::span<const Token> tokens);

  /// What the neurons did in all_logits() calls since the last call or generate().
  std::optional<DecodeStatistics> take_statistics() { return decoder_.take_statistics(); }

  /// See Decoder.
  std::vector<TraceEvent> take_trace() { return decoder_.take_trace(); }

 private:
  /// Of one pass over `tokens` behind what the sequence holds, which stays as it is; nullopt when cancelled.
  std::optional<Generation::Milliseconds> time_pass(std::span<const Token> tokens, const CancelFlag& cancel);

  Decoder& decoder_;
  const Vocabulary& vocabulary_;
  DensePasses dense_;
  Sequences sequences_;
  Batch batch_;
  Lookahead::Memory memory_;
  bool is_unwatched_ = false;  ///< every pass of the last generation verified drafts: nobody saw its neurons
};

}  // namespace hotset

// One model with one KV cache, from prompt to text: reuses what the cache holds, decodes, and knows when to
// stop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/decoder.h"
#include "decode/sampler.h"
#include "decode/vocabulary.h"

namespace hotset {

enum class StopReason { kEndOfText, kMaxTokens, kMaxLines, kMaxTime, kContextFull, kCancelled };

struct GenerateOptions {
  int max_tokens = 0;  ///< at least 1
  /// Stop when this many line feeds were generated; the text is cut right before the last of them. 0: no
  /// limit.
  int max_lines = 0;
  std::chrono::milliseconds max_time{0};  ///< from the first token on; 0: no limit
  bool ignore_end_of_text = false;        ///< for benchmarks: tokens without text are decoded like any other
  SamplingOptions sampling = {};
};

struct Generation {
  using Milliseconds = std::chrono::duration<double, std::milli>;

  std::string text;  ///< valid UTF-8; a character that the last token left unfinished is left out
  std::vector<Token> tokens;
  std::vector<float> token_probabilities;  ///< of each of `tokens`, under the model itself
  std::vector<std::int32_t> text_ends;     ///< bytes of `text` once each of `tokens` was generated
  std::optional<float> end_probability;    ///< of the token that ended the text, which is none of `tokens`
  StopReason stop_reason = StopReason::kCancelled;
  int prompt_tokens = 0;
  int cached_tokens = 0;  ///< of the prompt, still in the KV cache
  Milliseconds prefill{0};
  Milliseconds time_to_first_token{0};
  Milliseconds decode{0};  ///< from the first token to the last
  std::optional<DecodeStatistics> statistics;
};

/// Called with whole UTF-8 characters.
using TextSink = std::function<void(std::string_view text)>;

/// Not thread safe: one caller at a time. Decoder and vocabulary must outlive it.
class Session {
 public:
  Session(Decoder& decoder, const Vocabulary& vocabulary) : decoder_(decoder), vocabulary_(vocabulary) {}

  /// Continues `prompt`. `cancel` ends it with what was generated so far.
  /// Throws Error: kBadInput (empty or too long a prompt, unknown tokens, options out of range), kInternal.
  Generation generate(std::span<const Token> prompt, const GenerateOptions& options, const TextSink& on_text,
                      const CancelFlag& cancel);

  /// Logits of every position of a fresh sequence, row-major [tokens, n_vocab]; leaves the KV cache empty.
  std::vector<float> all_logits(std::span<const Token> tokens);

  /// What the neurons did in all_logits() calls since the last call or generate().
  std::optional<DecodeStatistics> take_statistics() { return decoder_.take_statistics(); }

  /// See Decoder.
  std::vector<TraceEvent> take_trace() { return decoder_.take_trace(); }

 private:
  /// Returns the number of tokens of `prompt` that the KV cache keeps; at least the last one is left to
  /// compute, since its logits are needed.
  int reuse(std::span<const Token> prompt);
  bool append(std::span<const Token> tokens, const CancelFlag& cancel);
  void require_known(std::span<const Token> tokens) const;

  Decoder& decoder_;
  const Vocabulary& vocabulary_;
  std::vector<Token> held_;  // what the KV cache holds
};

}  // namespace hotset

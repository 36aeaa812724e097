// What a model says behind a prompt: tokens chosen from logits, their text, and where it ends.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>

#include "decode/generation.h"
#include "decode/healing.h"
#include "decode/limited_text.h"
#include "decode/sampler.h"
#include "decode/vocabulary.h"

namespace hotset {

class Continuation {
 public:
  using Clock = std::chrono::steady_clock;

  struct Step {
    Token token;                     ///< the one chosen
    std::optional<StopReason> stop;  ///< nullopt: the model goes on behind it
  };

  /// All of these must outlive it. Throws Error kBadInput where an option is out of range.
  Continuation(const Vocabulary& vocabulary, const GenerateOptions& options, const TextSink& on_text);

  /// Has the logits made exact among tokens before one of them is chosen, see Decoder::settle_among().
  using Settle = std::function<void(std::span<const Token>)>;

  /// Chooses the next token. logits: [n_vocab]; not asked for once there was a reason to stop.
  Step go_on(std::span<const float> logits, const Settle& settle);

  /// How many tokens it may still say.
  int tokens_left() const { return options_.max_tokens - static_cast<int>(said_.tokens.size()); }

  /// Fills in what was said: text, tokens, their probabilities and times since `start`.
  void tell(Generation& generation, Clock::time_point start);

 private:
  std::optional<StopReason> add(const Sampler::Choice& choice, std::string_view piece);

  const Vocabulary& vocabulary_;
  const GenerateOptions& options_;
  Sampler sampler_;
  HeldBytes held_;
  LimitedText text_;
  Generation said_;
  std::optional<Clock::time_point> first_token_;
  Clock::time_point last_token_;
};

}  // namespace hotset

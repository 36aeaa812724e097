// What a generation is asked for, and what comes of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/decoder.h"
#include "decode/drafts.h"
#include "decode/sampler.h"

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
  /// Bytes that the generation must begin with, see heal(). They count neither for its text and tokens nor
  /// for any limit.
  std::string held = {};
  /// The document that keys and values are kept for; others keep theirs.
  std::string sequence = {};
  /// Whether several tokens may be verified in one pass, where that is faster, and what is said may be
  /// drafted by later ones. Greedy only: the tokens are the same.
  bool draft = false;
  /// Whether somebody wants to know which neurons fire: the first tokens are then computed alone.
  bool watch = false;
  /// Of a Batch: whether Generation::kept_prompt is wanted, and what came of it before for the same prompt,
  /// which is then read in place of being computed; empty: none.
  bool keep_prompt = false;
  std::vector<std::byte> kept_prompt = {};
};

struct DraftCount {
  int drafted = 0;
  int accepted = 0;
};

struct Generation {
  using Milliseconds = std::chrono::duration<double, std::milli>;

  std::string text;           ///< valid UTF-8; a character that the last token left unfinished is left out
  std::vector<Token> tokens;  ///< but for those that lie within the held bytes
  /// Of each of `tokens`, under the model itself; of the one that goes beyond the held bytes, among the
  /// tokens that fit them.
  std::vector<float> token_probabilities;
  std::vector<std::int32_t> text_ends;   ///< bytes of `text` once each of `tokens` was generated
  std::optional<float> end_probability;  ///< of the token that ended the text, which is none of `tokens`
  StopReason stop_reason = StopReason::kCancelled;
  int prompt_tokens = 0;
  int cached_tokens = 0;     ///< of the prompt, still in the KV cache
  int prefilled_tokens = 0;  ///< of the prompt, computed before the first token or the end
  Milliseconds prefill{0};
  Milliseconds time_to_first_token{0};
  Milliseconds decode{0};  ///< from the first token to the last, the one that ended the text among them
  int passes = 0;          ///< that logits were computed in
  BySource<DraftCount> drafts = {};
  std::optional<DecodeStatistics> statistics;
  Firing firing;                       ///< nothing unless it was watched
  std::vector<std::byte> kept_prompt;  ///< keys and values of the prompt, where they were asked for
};

/// What came of computing a prompt ahead.
struct Prefill {
  int computed_tokens = 0;
  bool is_whole = false;  ///< not cancelled
  Generation::Milliseconds took{0};
};

/// Called with whole UTF-8 characters.
using TextSink = std::function<void(std::string_view text)>;

}  // namespace hotset

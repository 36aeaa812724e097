#include "decode/session.h"

#include <algorithm>
#include <string>

#include "decode/continuation.h"
#include "error.h"

namespace hotset {
namespace {

void require_fit(std::size_t prompt_tokens, int context_length) {
  if (prompt_tokens == 0) throw Error(ErrorKind::kBadInput, "the prompt is empty: give at least one token");
  if (prompt_tokens <= static_cast<std::size_t>(context_length)) return;
  throw Error(ErrorKind::kBadInput, "the prompt has " + std::to_string(prompt_tokens) +
                                        " tokens, the context holds " + std::to_string(context_length) +
                                        ": shorten the prompt or choose a longer context");
}

}  // namespace

Generation Session::generate(std::span<const Token> prompt, const GenerateOptions& options,
                             const TextSink& on_text, const CancelFlag& cancel) {
  const auto start = Continuation::Clock::now();
  const int context_length = decoder_.describe().context_length;
  Continuation continuation(vocabulary_, options, on_text);
  require_fit(prompt.size(), context_length);
  require_known(prompt);

  Generation generation;
  generation.prompt_tokens = static_cast<int>(prompt.size());
  if (cancel) return generation;
  // At least the last token is computed, since its logits are needed.
  generation.cached_tokens = sequences_.begin(options.sequence, prompt.first(prompt.size() - 1));
  const auto rest = prompt.subspan(static_cast<std::size_t>(generation.cached_tokens));
  const bool prefilled = sequences_.append_in_chunks(rest, 1, cancel);
  generation.prefilled_tokens = sequences_.length() - generation.cached_tokens;
  generation.prefill = Continuation::Clock::now() - start;
  if (!prefilled) return generation;
  // A prompt of one new token counts as decoded to the decoder, though not to anybody else.
  decoder_.take_statistics();

  const auto decode_next = [&]() -> std::optional<StopReason> {
    const Continuation::Step step = continuation.go_on(decoder_.logits());
    if (step.stop) return step.stop;
    if (sequences_.length() == context_length) return StopReason::kContextFull;
    if (!sequences_.append({&step.token, 1}, 1, cancel) || cancel) return StopReason::kCancelled;
    return std::nullopt;
  };
  std::optional<StopReason> stop = cancel ? std::optional(StopReason::kCancelled) : std::nullopt;
  while (!stop) stop = decode_next();

  generation.stop_reason = *stop;
  continuation.tell(generation, start);
  generation.statistics = decoder_.take_statistics();
  return generation;
}

Prefill Session::prefill(std::span<const Token> prompt, const std::string& sequence,
                         const CancelFlag& cancel) {
  const auto start = Continuation::Clock::now();
  require_fit(prompt.size(), decoder_.describe().context_length);
  require_known(prompt);
  if (cancel) return {};
  const int held = sequences_.begin(sequence, prompt);
  const auto rest = prompt.subspan(static_cast<std::size_t>(held));
  const bool is_whole = rest.empty() || sequences_.append_in_chunks(rest, 0, cancel);
  return {.computed_tokens = sequences_.length() - held,
          .is_whole = is_whole,
          .took = Continuation::Clock::now() - start};
}

std::vector<float> Session::all_logits(std::span<const Token> tokens) {
  require_fit(tokens.size(), decoder_.describe().context_length);
  require_known(tokens);
  sequences_.clear();
  std::vector<float> logits = decoder_.all_logits(tokens);
  decoder_.truncate(0);
  return logits;
}

void Session::require_known(std::span<const Token> tokens) const {
  const auto unknown =
      std::ranges::find_if(tokens, [this](Token token) { return !vocabulary_.contains(token); });
  if (unknown == tokens.end()) return;
  throw Error(ErrorKind::kBadInput, "the model has no token " + std::to_string(*unknown) +
                                        ": its vocabulary holds " + std::to_string(vocabulary_.size()));
}

}  // namespace hotset

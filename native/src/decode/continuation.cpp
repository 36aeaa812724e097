#include "decode/continuation.h"

#include <string>
#include <utility>

#include "error.h"

namespace hotset {
namespace {

const GenerateOptions& valid(const GenerateOptions& options) {
  if (options.max_tokens < 1) throw Error(ErrorKind::kBadInput, "maxTokens must be at least 1");
  if (options.max_lines < 0) throw Error(ErrorKind::kBadInput, "maxLines must not be negative");
  if (options.max_time.count() < 0) throw Error(ErrorKind::kBadInput, "maxMilliseconds must not be negative");
  return options;
}

}  // namespace

Continuation::Continuation(const Vocabulary& vocabulary, const GenerateOptions& options,
                           const TextSink& on_text)
    : vocabulary_(vocabulary),
      options_(valid(options)),
      sampler_(options.sampling),
      held_(vocabulary, options.held),
      text_(options.max_lines, on_text) {}

Continuation::Step Continuation::go_on(std::span<const float> logits, const Settle& settle) {
  if (held_.empty()) {
    const Sampler::Choice choice = sampler_.choose(logits);
    return {choice.token, add(choice, vocabulary_.piece(choice.token))};
  }
  settle(held_.allowed());
  const Sampler::Choice choice = sampler_.choose(logits, held_.allowed());
  const std::string beyond = held_.take(choice.token);
  if (beyond.empty()) return {choice.token, std::nullopt};
  return {choice.token, add(choice, beyond)};
}

std::optional<StopReason> Continuation::add(const Sampler::Choice& choice, std::string_view piece) {
  last_token_ = Clock::now();
  if (!first_token_) first_token_ = last_token_;
  said_.decode = last_token_ - *first_token_;
  if (!options_.ignore_end_of_text && vocabulary_.ends_text(choice.token)) {
    said_.end_probability = choice.probability;
    return StopReason::kEndOfText;
  }

  said_.tokens.push_back(choice.token);
  said_.token_probabilities.push_back(choice.probability);
  const bool is_at_limit = text_.add(piece);
  said_.text_ends.push_back(static_cast<std::int32_t>(text_.size()));
  if (is_at_limit) return StopReason::kMaxLines;
  if (said_.tokens.size() == static_cast<std::size_t>(options_.max_tokens)) return StopReason::kMaxTokens;
  if (options_.max_time.count() > 0 && last_token_ - *first_token_ >= options_.max_time)
    return StopReason::kMaxTime;
  return std::nullopt;
}

void Continuation::tell(Generation& generation, Clock::time_point start) {
  generation.text = text_.take();
  generation.tokens = std::move(said_.tokens);
  generation.token_probabilities = std::move(said_.token_probabilities);
  generation.text_ends = std::move(said_.text_ends);
  generation.end_probability = said_.end_probability;
  generation.decode = said_.decode;
  if (first_token_) generation.time_to_first_token = *first_token_ - start;
}

}  // namespace hotset

#include "decode/session.h"

#include <algorithm>
#include <string>

#include "decode/utf8_stream.h"
#include "error.h"

namespace hotset {
namespace {

using Clock = std::chrono::steady_clock;

/// Collects the text of a generation and ends it at its limit of lines.
class LimitedText {
 public:
  LimitedText(int max_lines, const TextSink& sink) : max_lines_(max_lines), sink_(sink) {}

  /// Returns whether the text is at its limit now.
  bool add(std::string_view bytes) {
    const std::string characters = stream_.append(bytes);
    const std::size_t end = find_limit(characters);
    const auto kept = std::string_view(characters).substr(0, end);
    if (!kept.empty()) sink_(kept);
    text_ += kept;
    return end != std::string_view::npos;
  }

  std::size_t size() const { return text_.size(); }

  std::string take() { return std::move(text_); }

 private:
  /// Where the line feed stands that reaches the limit.
  std::size_t find_limit(std::string_view characters) {
    if (max_lines_ == 0) return std::string_view::npos;
    for (std::size_t i = 0; i < characters.size(); ++i) {
      if (characters[i] == '\n' && ++lines_ == max_lines_) return i;
    }
    return std::string_view::npos;
  }

  int max_lines_;
  int lines_ = 0;
  const TextSink& sink_;
  Utf8Stream stream_;
  std::string text_;
};

void require_valid(const GenerateOptions& options) {
  if (options.max_tokens < 1) throw Error(ErrorKind::kBadInput, "maxTokens must be at least 1");
  if (options.max_lines < 0) throw Error(ErrorKind::kBadInput, "maxLines must not be negative");
  if (options.max_time.count() < 0) throw Error(ErrorKind::kBadInput, "maxMilliseconds must not be negative");
}

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
  const Clock::time_point start = Clock::now();
  const int context_length = decoder_.describe().context_length;
  require_valid(options);
  require_fit(prompt.size(), context_length);
  require_known(prompt);
  Sampler sampler(options.sampling);

  Generation generation;
  generation.prompt_tokens = static_cast<int>(prompt.size());
  if (cancel) return generation;
  generation.cached_tokens = reuse(prompt);
  const bool prefilled = append(prompt.subspan(static_cast<std::size_t>(generation.cached_tokens)), cancel);
  generation.prefill = Clock::now() - start;
  if (!prefilled) return generation;
  // A prompt of one new token counts as decoded to the decoder, though not to anybody else.
  decoder_.take_statistics();

  LimitedText text(options.max_lines, on_text);
  Clock::time_point first_token;
  const auto decode_next = [&]() -> std::optional<StopReason> {
    const Sampler::Choice choice = sampler.choose(decoder_.logits());
    const Clock::time_point now = Clock::now();
    if (generation.tokens.empty()) {
      first_token = now;
      generation.time_to_first_token = now - start;
    }
    if (!options.ignore_end_of_text && vocabulary_.ends_text(choice.token)) {
      generation.end_probability = choice.probability;
      return StopReason::kEndOfText;
    }

    generation.tokens.push_back(choice.token);
    generation.token_probabilities.push_back(choice.probability);
    generation.decode = now - first_token;
    const bool is_at_limit = text.add(vocabulary_.piece(choice.token));
    generation.text_ends.push_back(static_cast<std::int32_t>(text.size()));
    if (is_at_limit) return StopReason::kMaxLines;
    if (generation.tokens.size() == static_cast<std::size_t>(options.max_tokens))
      return StopReason::kMaxTokens;
    if (options.max_time.count() > 0 && now - first_token >= options.max_time) return StopReason::kMaxTime;
    if (held_.size() == static_cast<std::size_t>(context_length)) return StopReason::kContextFull;
    if (!append({&choice.token, 1}, cancel) || cancel) return StopReason::kCancelled;
    return std::nullopt;
  };
  std::optional<StopReason> stop = cancel ? std::optional(StopReason::kCancelled) : std::nullopt;
  while (!stop) stop = decode_next();

  generation.stop_reason = *stop;
  generation.text = text.take();
  generation.statistics = decoder_.take_statistics();
  return generation;
}

std::vector<float> Session::all_logits(std::span<const Token> tokens) {
  require_fit(tokens.size(), decoder_.describe().context_length);
  require_known(tokens);
  held_.clear();
  std::vector<float> logits = decoder_.all_logits(tokens);
  decoder_.truncate(0);
  return logits;
}

int Session::reuse(std::span<const Token> prompt) {
  const auto candidates = prompt.first(prompt.size() - 1);
  const auto common = std::ranges::mismatch(held_, candidates).in1 - held_.begin();
  decoder_.truncate(static_cast<int>(common));
  held_.resize(static_cast<std::size_t>(decoder_.position()));
  return decoder_.position();
}

bool Session::append(std::span<const Token> tokens, const CancelFlag& cancel) {
  // Whatever ends append(), an exception too, the decoder's position tells how much of `tokens` it holds.
  struct Follow {
    std::vector<Token>& held;
    const Decoder& decoder;
    ~Follow() { held.resize(static_cast<std::size_t>(decoder.position())); }
  };
  held_.insert(held_.end(), tokens.begin(), tokens.end());
  const Follow follow{held_, decoder_};
  return decoder_.append(tokens, cancel);
}

void Session::require_known(std::span<const Token> tokens) const {
  const auto unknown =
      std::ranges::find_if(tokens, [this](Token token) { return !vocabulary_.contains(token); });
  if (unknown == tokens.end()) return;
  throw Error(ErrorKind::kBadInput, "the model has no token " + std::to_string(*unknown) +
                                        ": its vocabulary holds " + std::to_string(vocabulary_.size()));
}

}  // namespace hotset

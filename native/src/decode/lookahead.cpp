#include "decode/lookahead.h"

#include <algorithm>
#include <utility>

namespace hotset {

Lookahead::Lookahead(const Vocabulary& vocabulary, std::span<const Token> prompt,
                     const GenerateOptions& options, bool is_on, Memory& memory)
    : drafts_(vocabulary, prompt, options.held, memory.said), is_on_(is_on), memory_(memory) {}

std::span<const Token> Lookahead::draft(std::size_t columns, int most) {
  columns_ = static_cast<int>(std::min<std::size_t>(columns, kMostOutputs + 1));
  candidates_.clear();
  choice_ = {};
  const int room = std::min(most, kMostOutputs - columns_);
  if (!is_on_ || room < 1) return {};
  candidates_ = drafts_.next(static_cast<std::size_t>(room));
  choice_ = choose_draft(candidates_, columns_, memory_.experience);
  columns_ += static_cast<int>(choice_.length);
  return chosen();
}

void Lookahead::take(Draft draft) {
  choice_ = {.draft = 0, .length = draft.tokens.size()};
  columns_ = static_cast<int>(draft.tokens.size()) + 1;
  candidates_.clear();
  candidates_.push_back(std::move(draft));
}

Lookahead::Verified Lookahead::verify(Continuation& continuation, Decoder& decoder, PassCost::Seconds took) {
  ++passes_;
  const auto logits = decoder.logits();
  const auto draft = chosen();
  const std::size_t width = logits.size() / (draft.size() + 1);
  std::vector<Token> said;
  for (std::size_t row = 0;; ++row) {
    const auto settle = [&](std::span<const Token> allowed) {
      decoder.settle_among(static_cast<int>(row), allowed);
    };
    const Continuation::Step step = continuation.go_on(logits.subspan(row * width, width), settle);
    said.push_back(step.token);
    const bool goes_on = !step.stop && row < draft.size() && draft[row] == step.token;
    if (goes_on) continue;
    if (is_on_) learn(said, took);
    count(row);
    return {.token = step.token, .accepted = static_cast<int>(row), .stop = step.stop};
  }
}

void Lookahead::tell(Generation& generation) {
  generation.passes = passes_;
  generation.drafts = counts_;
  if (is_on_) memory_.said.add(drafts_.prompt(), drafts_.added());
}

std::span<const Token> Lookahead::chosen() const {
  if (choice_.length == 0) return {};
  return std::span(candidates_[choice_.draft].tokens).first(choice_.length);
}

/// Drafts that were not chosen are judged as well, by as much as was said: so one that began to be right is
/// taken again though it was not for long.
void Lookahead::learn(std::span<const Token> said, PassCost::Seconds took) {
  memory_.experience.cost.learn(columns_, took);
  for (const Draft& draft : candidates_) memory_.experience.shares.learn(draft, said);
  for (const Token token : said) drafts_.add(token);
}

void Lookahead::count(std::size_t accepted) {
  if (choice_.length == 0) return;
  DraftCount& count = counts_[static_cast<std::size_t>(candidates_[choice_.draft].source)];
  count.drafted += static_cast<int>(choice_.length);
  count.accepted += static_cast<int>(accepted);
}

}  // namespace hotset

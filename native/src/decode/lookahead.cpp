#include "decode/lookahead.h"

#include <algorithm>

namespace hotset {

Lookahead::Lookahead(const Vocabulary& vocabulary, std::span<const Token> prompt,
                     const GenerateOptions& options, bool is_on, DraftLength& length)
    : drafts_(vocabulary, prompt, options.held, options.guess), is_on_(is_on), length_(length) {}

std::span<const Token> Lookahead::draft(std::size_t columns, int most) {
  columns_ = static_cast<int>(std::min<std::size_t>(columns, kMostOutputs + 1));
  draft_ = {};
  const int room = std::min(most, kMostOutputs - columns_);
  if (!is_on_ || room < 1) return {};
  draft_ = drafts_.next(static_cast<std::size_t>(room));
  if (draft_.tokens.empty()) return {};
  const int worth = length_.choose(draft_.source, columns_, static_cast<int>(draft_.tokens.size()));
  draft_.tokens.resize(static_cast<std::size_t>(worth));
  columns_ += worth;
  return draft_.tokens;
}

Lookahead::Verified Lookahead::verify(Continuation& continuation, std::span<const float> logits,
                                      DraftLength::Seconds took) {
  ++passes_;
  if (is_on_) length_.learn_cost(columns_, took);
  const std::size_t drafted = draft_.tokens.size();
  const std::size_t width = logits.size() / (drafted + 1);
  for (std::size_t row = 0;; ++row) {
    const Continuation::Step step = continuation.go_on(logits.subspan(row * width, width));
    const bool goes_on = !step.stop && row < drafted && draft_.tokens[row] == step.token;
    if (is_on_) drafts_.add(step.token);
    if (goes_on) continue;
    count(static_cast<int>(row), !step.stop);
    return {.token = step.token, .accepted = static_cast<int>(row), .stop = step.stop};
  }
}

/// was_judged: whether the token behind the accepted ones was found to be wrong; where the text has ended,
/// nobody asked.
void Lookahead::count(int accepted, bool was_judged) {
  const int drafted = static_cast<int>(draft_.tokens.size());
  if (drafted == 0) return;
  DraftCount& own = counts_[static_cast<std::size_t>(draft_.source)];
  own.drafted += drafted;
  own.accepted += accepted;
  length_.learn_acceptance(draft_.source, was_judged ? drafted : accepted, accepted);
}

void Lookahead::tell(Generation& generation) const {
  generation.passes = passes_;
  generation.drafts = counts_;
}

}  // namespace hotset

#include "decode/drafts.h"

#include <algorithm>

namespace hotset {
namespace {

// Longer matches foretell no better.
constexpr std::size_t kLongestMatch = 6;

}  // namespace

Drafts::Drafts(const Vocabulary& vocabulary, std::span<const Token> prompt, const std::string& held,
               const std::string& guess)
    : vocabulary_(vocabulary),
      history_(prompt.begin(), prompt.end()),
      known_(held + guess),
      held_(held.size()) {}

Draft Drafts::next(std::size_t most) const {
  if (most == 0) return {};
  Draft draft = of_known_text(most);
  return draft.tokens.empty() ? of_match(most) : draft;
}

void Drafts::add(Token token) {
  history_.push_back(token);
  const std::string piece = vocabulary_.piece(token);
  const bool is_as_known = known_.starts_with(piece);
  known_.erase(0, is_as_known ? piece.size() : known_.size());
  held_ = is_as_known ? held_ - std::min(held_, piece.size()) : 0;
}

Draft Drafts::of_known_text(std::size_t most) const {
  if (known_.empty()) return {};
  Draft draft{.source = held_ > 0 ? DraftSource::kHeld : DraftSource::kGuess, .tokens = {}};
  // More than the tokens that are wanted can take need not be tokenized.
  constexpr std::size_t kBytesOfToken = 32;
  const std::string_view text = std::string_view(known_).substr(0, most * kBytesOfToken);
  draft.tokens = vocabulary_.tokenize(text, false);
  draft.tokens.resize(std::min(draft.tokens.size(), most));
  // Some vocabularies put a space in front.
  const bool fits = !draft.tokens.empty() && text.starts_with(vocabulary_.piece(draft.tokens.front()));
  return fits ? draft : Draft();
}

Draft Drafts::of_match(std::size_t most) const {
  std::size_t longest = 0;
  std::size_t begin = 0;
  for (std::size_t end = history_.size(); end-- > 1 && longest < kLongestMatch;) {
    const std::size_t length = match_before(end);
    if (length <= longest) continue;
    longest = length;
    begin = end;
  }
  if (longest == 0) return {};
  Draft draft{.source = longest > 1 ? DraftSource::kLongMatch : DraftSource::kShortMatch, .tokens = {}};
  const auto from = history_.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto to = from + static_cast<std::ptrdiff_t>(std::min(most, history_.size() - begin));
  // Behind a mark of the prompt another text begins.
  const auto mark = std::find_if(from, to, [this](Token token) { return vocabulary_.ends_text(token); });
  draft.tokens.assign(from, mark);
  return draft;
}

std::size_t Drafts::match_before(std::size_t end) const {
  const std::size_t most = std::min(end, kLongestMatch);
  std::size_t length = 0;
  while (length < most && history_[end - 1 - length] == history_[history_.size() - 1 - length]) ++length;
  return length;
}

}  // namespace hotset

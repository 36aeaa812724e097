#include "decode/drafts.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "decode/token_match.h"

namespace hotset {

Drafts::Drafts(const Vocabulary& vocabulary, std::span<const Token> prompt, std::string held,
               const SaidTokens& said)
    : vocabulary_(vocabulary),
      said_(said),
      history_(prompt.begin(), prompt.end()),
      prompt_tokens_(prompt.size()),
      held_(std::move(held)) {}

std::vector<Draft> Drafts::next(std::size_t most) const {
  if (most == 0) return {};
  std::vector<Draft> drafts = {of_match(DraftSource::kSaid, said_.tokens(), most),
                               of_match(DraftSource::kPrompt, history_, most),
                               {.source = DraftSource::kHeld, .matched = 0, .tokens = of_held(most)}};
  std::erase_if(drafts, [](const Draft& draft) { return draft.tokens.empty(); });
  return drafts;
}

void Drafts::add(Token token) {
  history_.push_back(token);
  if (held_.empty()) return;
  const std::string piece = vocabulary_.piece(token);
  held_.erase(0, held_.starts_with(piece) ? piece.size() : held_.size());
}

std::vector<Token> Drafts::of_held(std::size_t most) const {
  if (held_.empty()) return {};
  // More than the tokens that are wanted can take need not be tokenized.
  constexpr std::size_t kBytesOfToken = 32;
  const std::string_view text = std::string_view(held_).substr(0, most * kBytesOfToken);
  std::vector<Token> tokens = vocabulary_.tokenize(text, false);
  tokens.resize(std::min(tokens.size(), most));
  // Some vocabularies put a space in front.
  if (!tokens.empty() && !text.starts_with(vocabulary_.piece(tokens.front()))) return {};
  return tokens;
}

Draft Drafts::of_match(DraftSource source, std::span<const Token> text, std::size_t most) const {
  const TokenMatch match = longest_match(text, history_, [this](Token token) { return fits(token); });
  Draft draft{.source = source, .matched = match.length, .tokens = {}};
  if (match.length == 0) return draft;
  std::vector<Token>& tokens = draft.tokens;
  for (std::size_t at = match.next; tokens.size() < most; ++at) {
    // What repeats itself reaches into its own draft.
    if (at >= text.size() && source != DraftSource::kPrompt) break;
    const Token token = at < text.size() ? text[at] : tokens[at - text.size()];
    if (token == SaidTokens::kBreak || vocabulary_.ends_text(token)) break;
    tokens.push_back(token);
  }
  return draft;
}

bool Drafts::fits(Token token) const {
  // Behind a mark of the prompt another text begins.
  if (token == SaidTokens::kBreak || vocabulary_.ends_text(token)) return false;
  if (held_.empty()) return true;
  const std::string piece = vocabulary_.piece(token);
  return held_.starts_with(piece) || piece.starts_with(held_);
}

}  // namespace hotset

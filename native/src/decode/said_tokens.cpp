#include "decode/said_tokens.h"

#include <algorithm>

#include "decode/token_match.h"

namespace hotset {
namespace {

// Some thirty first lines. What is older foretells nothing more.
constexpr std::size_t kMostTokens = 512;

}  // namespace

void SaidTokens::add(std::span<const Token> prompt, std::span<const Token> said) {
  if (said.empty()) return;
  const auto before = prompt.last(std::min(prompt.size(), kLongestMatch));
  tokens_.push_back(kBreak);
  tokens_.insert(tokens_.end(), before.begin(), before.end());
  tokens_.insert(tokens_.end(), said.begin(), said.end());
  if (tokens_.size() <= kMostTokens) return;
  tokens_.erase(tokens_.begin(), tokens_.end() - kMostTokens);
}

}  // namespace hotset

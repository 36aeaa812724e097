#include "decode/token_match.h"

#include <algorithm>

namespace hotset {
namespace {

/// Tokens before text[end] that are the last ones of `tail` too.
std::size_t match_before(std::span<const Token> text, std::size_t end, std::span<const Token> tail) {
  const std::size_t most = std::min({end, tail.size(), kLongestMatch});
  std::size_t length = 0;
  while (length < most && text[end - 1 - length] == tail[tail.size() - 1 - length]) ++length;
  return length;
}

}  // namespace

TokenMatch longest_match(std::span<const Token> text, std::span<const Token> tail,
                         const std::function<bool(Token)>& fits) {
  TokenMatch best;
  for (std::size_t end = text.size(); end-- > 1 && best.length < kLongestMatch;) {
    const std::size_t length = match_before(text, end, tail);
    if (length > best.length && fits(text[end])) best = {.length = length, .next = end};
  }
  return best;
}

}  // namespace hotset

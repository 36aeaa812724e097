#include "decode/prompt_check.h"

#include <algorithm>
#include <string>

#include "error.h"

namespace hotset {

void require_fit(std::size_t prompt_tokens, int context_length) {
  if (prompt_tokens == 0) throw Error(ErrorKind::kBadInput, "the prompt is empty: give at least one token");
  if (prompt_tokens <= static_cast<std::size_t>(context_length)) return;
  throw Error(ErrorKind::kBadInput, "the prompt has " + std::to_string(prompt_tokens) +
                                        " tokens, the context holds " + std::to_string(context_length) +
                                        ": shorten the prompt or choose a longer context");
}

void require_known(const Vocabulary& vocabulary, std::span<const Token> tokens) {
  const auto unknown = std::ranges::find_if(tokens, [&](Token token) { return !vocabulary.contains(token); });
  if (unknown == tokens.end()) return;
  throw Error(ErrorKind::kBadInput, "the model has no token " + std::to_string(*unknown) +
                                        ": its vocabulary holds " + std::to_string(vocabulary.size()));
}

}  // namespace hotset

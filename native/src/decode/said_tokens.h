// What a model has said lately. Who types on while a suggestion is wrong is soon offered another one, and
// that often ends as the one before did.
#pragma once

#include <span>
#include <vector>

#include "decode/decoder.h"

namespace hotset {

class SaidTokens {
 public:
  /// Stands between what was said at one time and at another.
  static constexpr Token kBreak = -1;

  /// Remembers the end of a prompt and what was said behind it.
  void add(std::span<const Token> prompt, std::span<const Token> said);

  /// The latest comes last.
  std::span<const Token> tokens() const { return tokens_; }

 private:
  std::vector<Token> tokens_;
};

}  // namespace hotset

// Token healing: a text that ends inside a word ends in tokens that a model never saw before such a
// continuation. The last of them are taken back, and decoding is held to begin with their bytes instead.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/vocabulary.h"

namespace hotset {

struct HealedText {
  std::vector<Token> tokens;  ///< of the text up to where a longer token could begin
  std::string held;           ///< the bytes behind, which what is generated must begin with
};

/// Control tokens in `text` are just text. Nothing is taken back where a vocabulary changes text that it
/// tokenizes.
HealedText heal(const Vocabulary& vocabulary, std::string_view text);

/// The bytes that a generation has still to begin with.
class HeldBytes {
 public:
  /// The vocabulary must outlive this.
  HeldBytes(const Vocabulary& vocabulary, std::string bytes);

  bool empty() const { return allowed_.empty(); }

  /// Tokens that may come next, while not empty(): those whose bytes the held ones begin with, and those that
  /// begin with all that are held. Where there are none, the tokens of the held bytes themselves, one after
  /// another. Valid until take().
  std::span<const Token> allowed() const { return allowed_; }

  /// Goes on behind one of the allowed tokens. Returns its bytes behind the held ones.
  std::string take(Token token);

 private:
  void allow();

  const Vocabulary& vocabulary_;
  std::string bytes_;
  std::vector<Token> allowed_;
  std::vector<Token> exact_;  ///< what is left of the held bytes' own tokens, where no others fit
};

}  // namespace hotset

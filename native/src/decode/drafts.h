// What a model will probably say next, to be verified several tokens at once: known text first, then what
// followed the last tokens where they stood before.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "decode/vocabulary.h"

namespace hotset {

enum class DraftSource {
  kHeld,        ///< bytes that the generation must begin with
  kGuess,       ///< text that probably follows
  kShortMatch,  ///< what followed the last token
  kLongMatch,   ///< what followed the last two tokens or more
};
inline constexpr std::size_t kDraftSources = 4;

template <typename Value>
using BySource = std::array<Value, kDraftSources>;

struct Draft {
  DraftSource source = DraftSource::kShortMatch;
  std::vector<Token> tokens;  ///< empty: nobody knows
};

class Drafts {
 public:
  /// held: bytes that the generation must begin with; guess: what probably stands behind them. The vocabulary
  /// must outlive this.
  Drafts(const Vocabulary& vocabulary, std::span<const Token> prompt, const std::string& held,
         const std::string& guess);

  /// At most `most` tokens.
  Draft next(std::size_t most) const;

  /// Goes on behind a token that was chosen.
  void add(Token token);

 private:
  Draft of_known_text(std::size_t most) const;
  Draft of_match(std::size_t most) const;
  /// Tokens before `end` that are the last ones too.
  std::size_t match_before(std::size_t end) const;

  const Vocabulary& vocabulary_;
  std::vector<Token> history_;
  std::string known_;     ///< text that is still to come, if it comes
  std::size_t held_ = 0;  ///< bytes of it that must come
};

}  // namespace hotset

// What a model will probably say next, to be verified several tokens at once: bytes that must follow, and
// what followed the last tokens where they stood before.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "decode/said_tokens.h"
#include "decode/vocabulary.h"

namespace hotset {

enum class DraftSource {
  kHeld,    ///< bytes that the generation must begin with
  kSaid,    ///< what the model said lately
  kPrompt,  ///< the prompt, and what was generated behind it
  kSparse,  ///< the model itself with neurons left out, see DensePasses
};
inline constexpr std::size_t kDraftSources = 4;

template <typename Value>
using BySource = std::array<Value, kDraftSources>;

struct Draft {
  DraftSource source = DraftSource::kPrompt;
  std::size_t matched = 0;    ///< tokens by which it was found; 0 for held bytes and sparse drafts
  std::vector<Token> tokens;  ///< at least one
};

class Drafts {
 public:
  /// held: bytes that the generation must begin with. Vocabulary and `said` must outlive this.
  Drafts(const Vocabulary& vocabulary, std::span<const Token> prompt, std::string held,
         const SaidTokens& said);

  /// What may come next, at most one draft from each source, each of at most `most` tokens.
  std::vector<Draft> next(std::size_t most) const;

  /// Goes on behind a token that was chosen.
  void add(Token token);

  /// The prompt, and what was added.
  std::span<const Token> prompt() const { return std::span(history_).first(prompt_tokens_); }
  std::span<const Token> added() const { return std::span(history_).subspan(prompt_tokens_); }

 private:
  std::vector<Token> of_held(std::size_t most) const;
  Draft of_match(DraftSource source, std::span<const Token> text, std::size_t most) const;
  /// Whether it may come next, and a text goes on with it.
  bool fits(Token token) const;

  const Vocabulary& vocabulary_;
  const SaidTokens& said_;
  std::vector<Token> history_;
  std::size_t prompt_tokens_;
  std::string held_;  ///< bytes that are still to come
};

}  // namespace hotset

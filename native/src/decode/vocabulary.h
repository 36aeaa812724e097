// Text to tokens and back, by the vocabulary inside the GGUF; libllama does the work for every decoder.
#pragma once

#include <llama.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/decoder.h"
#include "decode/fim_tokens.h"
#include "decode/token_index.h"

namespace hotset {

/// May be read from several threads at once.
class Vocabulary {
 public:
  /// Throws Error kBadModel where the model has no vocabulary.
  explicit Vocabulary(std::shared_ptr<const llama_model> model);

  int size() const;

  /// `parse_special`: whether text such as `<EOT>` becomes its control token. Nothing is put in front or
  /// behind. Throws Error: kBadInput for text that the vocabulary has no token for, kBadModel where it lacks
  /// what libllama relies on.
  std::vector<Token> tokenize(std::string_view text, bool parse_special) const;

  /// The text of a whole sequence; control tokens are left out.
  std::string detokenize(std::span<const Token> tokens) const;

  /// The bytes that `token` adds to a text; they may begin or end inside a UTF-8 character. Empty for control
  /// tokens.
  std::string piece(Token token) const;

  /// Whether a completion is over with `token`: end of text or turn, and every control token, since a model
  /// that begins another document or another infilling has finished this one.
  bool ends_text(Token token) const;

  bool contains(Token token) const { return token >= 0 && token < size(); }

  /// nullopt where the model was not trained to infill.
  const std::optional<FimTokens>& fim() const { return fim_.tokens; }

  /// What is wrong with how the file says so, a line for people; empty where nothing is.
  const std::string& fim_warning() const { return fim_.warning; }

  /// The token to put first; nullopt where the vocabulary asks for none.
  std::optional<Token> beginning_of_sequence() const;

  /// Of all tokens that a text may consist of: those that end none. Made when first asked for.
  const TokenIndex& index() const;

 private:
  struct LazyIndex;

  std::shared_ptr<const llama_model> model_;
  const llama_vocab* vocabulary_;
  FimChoice fim_;
  std::shared_ptr<LazyIndex> index_;
};

}  // namespace hotset

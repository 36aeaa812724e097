// Which tokens of a vocabulary mark the parts of an infilling prompt.
#pragma once

#include <llama.h>

#include <optional>
#include <string>

namespace hotset {

/// Tokens that mark the parts of an infilling prompt.
struct FimTokens {
  llama_token prefix;
  llama_token suffix;
  llama_token middle;
};

struct FimChoice {
  std::optional<FimTokens> tokens;  ///< nullopt: the model cannot infill
  std::string warning;              ///< a line for people; empty: the file says what it should
};

/// Those that the file names or libllama finds, unless one of them is ordinary, ends a text or marks
/// something else: a model asked with such a one answers with anything. Then those that the vocabulary has
/// under their usual names.
FimChoice choose_fim_tokens(const llama_vocab* vocabulary);

}  // namespace hotset

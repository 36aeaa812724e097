// What a prompt must be before anything is computed of it.
#pragma once

#include <span>

#include "decode/vocabulary.h"

namespace hotset {

/// Throws Error kBadInput where it is empty or longer than the context.
void require_fit(std::size_t prompt_tokens, int context_length);

/// Throws Error kBadInput where a token is none of the vocabulary's.
void require_known(const Vocabulary& vocabulary, std::span<const Token> tokens);

}  // namespace hotset

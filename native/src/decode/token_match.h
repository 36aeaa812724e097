// Where the last tokens of a text stood before, to read there what may follow them.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "decode/decoder.h"

namespace hotset {

struct TokenMatch {
  std::size_t length = 0;  ///< tokens that are the same; 0: none
  std::size_t next = 0;    ///< index of what followed them
};

/// The longest of such matches counts; longer ones foretell no better.
inline constexpr std::size_t kLongestMatch = 6;

/// The longest match of the end of `tail` in `text` behind which stands a token that fits, and of equally
/// long ones the latest. `text` may be `tail` itself.
TokenMatch longest_match(std::span<const Token> text, std::span<const Token> tail,
                         const std::function<bool(Token)>& fits);

}  // namespace hotset

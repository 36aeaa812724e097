// Bytes in, whole UTF-8 characters out: a token may end inside a character.
#pragma once

#include <string>
#include <string_view>

namespace hotset {

class Utf8Stream {
 public:
  /// Returns the characters that are complete by now. Bytes that can be part of no character come out as
  /// U+FFFD, as the Unicode standard recommends ("substitution of maximal subparts"). A character that is
  /// never completed stays in.
  std::string append(std::string_view bytes);

 private:
  std::string pending_;  // the beginning of one character
};

}  // namespace hotset

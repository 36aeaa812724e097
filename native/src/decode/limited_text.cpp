#include "decode/limited_text.h"

namespace hotset {

bool LimitedText::add(std::string_view bytes) {
  const std::string characters = stream_.append(bytes);
  const std::size_t end = find_limit(characters);
  const auto kept = std::string_view(characters).substr(0, end);
  if (!kept.empty()) sink_(kept);
  text_ += kept;
  return end != std::string_view::npos;
}

std::size_t LimitedText::find_limit(std::string_view characters) {
  if (max_lines_ == 0) return std::string_view::npos;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (characters[i] == '\n' && ++lines_ == max_lines_) return i;
  }
  return std::string_view::npos;
}

}  // namespace hotset

#include "gguf/printable.h"

#include <algorithm>

namespace hotset {
namespace {

constexpr std::size_t kLongest = 256;

bool is_control(char c) {
  constexpr char kDelete = 0x7F;
  return static_cast<unsigned char>(c) < ' ' || c == kDelete;
}

}  // namespace

bool is_printable(const std::string& name) {
  return name.size() <= kLongest && std::ranges::none_of(name, is_control);
}

std::string printable(const std::string& text) {
  return is_printable(text) ? text : std::to_string(text.size()) + " characters that are no name";
}

}  // namespace hotset

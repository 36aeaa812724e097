#include "decode/utf8_stream.h"

#include <cstddef>

namespace hotset {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// The bytes that may follow a first byte (Unicode 15, table 3-7): overlong forms and surrogates are none.
struct Form {
  std::size_t length = 0;  ///< 0: no first byte
  unsigned char second_from = 0x80;
  unsigned char second_to = 0xBF;
};

Form form_of(unsigned char first) {
  if (first < 0x80) return {1};
  if (first < 0xC2) return {0};
  if (first < 0xE0) return {2};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0};
}

struct Character {
  std::size_t length;  ///< bytes that belong together
  enum class State { kComplete, kIncomplete, kInvalid } state;
};

/// Precondition: `bytes` is not empty.
Character first_character(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const Form form = form_of(at(0));
  if (form.length == 0) return {1, Character::State::kInvalid};
  for (std::size_t i = 1; i < form.length; ++i) {
    if (i == bytes.size()) return {i, Character::State::kIncomplete};
    const unsigned char from = i == 1 ? form.second_from : 0x80;
    const unsigned char to = i == 1 ? form.second_to : 0xBF;
    if (at(i) < from || at(i) > to) return {i, Character::State::kInvalid};
  }
  return {form.length, Character::State::kComplete};
}

}  // namespace

std::string Utf8Stream::append(std::string_view bytes) {
  pending_ += bytes;
  std::string_view rest = pending_;
  std::string text;
  while (!rest.empty()) {
    const Character character = first_character(rest);
    if (character.state == Character::State::kIncomplete) break;
    text += character.state == Character::State::kComplete ? rest.substr(0, character.length) : kReplacement;
    rest.remove_prefix(character.length);
  }
  pending_ = std::string(rest);
  return text;
}

}  // namespace hotset

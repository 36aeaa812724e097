#include "gguf/vocabulary_check.h"

#include <bitset>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "error.h"

namespace hotset {
namespace {

constexpr const char* kTokens = "tokenizer.ggml.tokens";
constexpr const char* kTypes = "tokenizer.ggml.token_type";
/// Of a token that stands for a byte, as libllama numbers the types.
constexpr std::int32_t kByteToken = 6;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::kBadModel, path.string() + ": " + what + "; download the file again");
}

std::int64_t key_of(const Metadata& metadata, const char* name) {
  return gguf_find_key(metadata.context(), name);
}

void check_different(const std::filesystem::path& path, const Metadata& metadata) {
  const std::int64_t key = key_of(metadata, kTokens);
  const std::size_t count = metadata.array_length(kTokens);
  std::unordered_set<std::string> seen;
  seen.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::string token = gguf_get_arr_str(metadata.context(), key, i);
    // The name that libllama gives it.
    if (token.empty()) token = "[EMPTY_" + std::to_string(i) + "]";
    if (seen.insert(std::move(token)).second) continue;
    fail(path, "token " + std::to_string(i) + " of its vocabulary is there twice");
  }
}

/// Each token's type; none where the file does not say, or not as libllama reads it.
std::span<const std::int32_t> token_types(const Metadata& metadata) {
  if (!metadata.is_array(kTypes)) return {};
  const std::int64_t key = key_of(metadata, kTypes);
  if (gguf_get_arr_type(metadata.context(), key) != GGUF_TYPE_INT32) return {};
  return {static_cast<const std::int32_t*>(gguf_get_arr_data(metadata.context(), key)),
          metadata.array_length(kTypes)};
}

/// Word pieces have no bytes, and libllama no name for one.
void check_word_pieces(const std::filesystem::path& path, const Metadata& metadata) {
  const auto types = token_types(metadata);
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] != kByteToken) continue;
    fail(path, "token " + std::to_string(i) + " of its vocabulary of word pieces is a byte");
  }
}

/// The first byte of an RWKV token, which has a backslash before what cannot be printed: \n, \xff.
struct FirstByte {
  unsigned char byte = 0;
  bool is_all = false;  ///< the token is this byte and no more
};

unsigned hex_digit(char digit) {
  return static_cast<unsigned char>(digit >= 'a' ? digit - 'a' + 10 : digit - '0');
}

/// Precondition: `token` is not empty. Read as libllama does, also what no writer would write.
FirstByte first_byte(std::string_view token) {
  if (token[0] != '\\' || token.size() == 1)
    return {static_cast<unsigned char>(token[0]), token.size() == 1 && token[0] != '\\'};
  const bool is_short = token.size() == 2;
  switch (token[1]) {
    case 't':
      return {'\t', is_short};
    case 'n':
      return {'\n', is_short};
    case 'r':
      return {'\r', is_short};
    case 'x':
      if (token.size() < 4) return {};
      return {static_cast<unsigned char>((hex_digit(token[2]) << 4U) + hex_digit(token[3])),
              token.size() == 4};
    default:
      return {static_cast<unsigned char>(token[1]), is_short};
  }
}

/// libllama looks for the longest token that the text begins with, and where it finds a longer one's
/// beginning alone, it starts the text again, without an end.
void check_beginnings(const std::filesystem::path& path, const Metadata& metadata) {
  constexpr int kBytes = std::numeric_limits<unsigned char>::max() + 1;
  std::bitset<kBytes> begun;
  std::bitset<kBytes> whole;
  const std::int64_t key = key_of(metadata, kTokens);
  for (std::size_t i = 0; i < metadata.array_length(kTokens); ++i) {
    const std::string_view token = gguf_get_arr_str(metadata.context(), key, i);
    if (token.empty()) continue;  // no text begins like the name that libllama gives it
    const FirstByte first = first_byte(token);
    (first.is_all ? whole : begun).set(first.byte);
  }
  const auto missing = begun & ~whole;
  if (missing.none()) return;
  std::size_t byte = 0;
  while (!missing[byte]) ++byte;
  fail(path, "its vocabulary has tokens that begin with the byte " + std::to_string(byte) +
                 ", but none of that byte alone");
}

}  // namespace

void check_vocabulary(const std::filesystem::path& path, const Metadata& metadata) {
  if (!metadata.has(kTokens)) return;
  const bool are_texts = metadata.is_array(kTokens) &&
                         gguf_get_arr_type(metadata.context(), key_of(metadata, kTokens)) == GGUF_TYPE_STRING;
  if (!are_texts) fail(path, std::string(kTokens) + " is no list of texts");
  check_different(path, metadata);
  const std::string tokenizer = metadata.text("tokenizer.ggml.model").value_or("");
  if (tokenizer == "bert") check_word_pieces(path, metadata);
  if (tokenizer == "rwkv") check_beginnings(path, metadata);
}

}  // namespace hotset

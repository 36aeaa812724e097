#include "gguf/vocabulary_check.h"

#include <string>
#include <unordered_set>
#include <utility>

#include "error.h"

namespace hotset {
namespace {

constexpr const char* kTokens = "tokenizer.ggml.tokens";

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::kBadModel, path.string() + ": " + what + "; download the file again");
}

}  // namespace

void check_vocabulary(const std::filesystem::path& path, const Metadata& metadata) {
  if (!metadata.has(kTokens)) return;
  const gguf_context* context = metadata.context();
  const std::int64_t key = gguf_find_key(context, kTokens);
  if (!metadata.is_array(kTokens) || gguf_get_arr_type(context, key) != GGUF_TYPE_STRING) {
    fail(path, std::string(kTokens) + " is no list of texts");
  }
  const std::size_t count = metadata.array_length(kTokens);
  std::unordered_set<std::string> seen;
  seen.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::string token = gguf_get_arr_str(context, key, i);
    // The name that libllama gives it.
    if (token.empty()) token = "[EMPTY_" + std::to_string(i) + "]";
    if (seen.insert(std::move(token)).second) continue;
    fail(path, "token " + std::to_string(i) + " of its vocabulary is there twice");
  }
}

}  // namespace hotset

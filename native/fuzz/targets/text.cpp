// Any text through vocabularies of every kind that code models have, and any bytes through what shows them.
#include <cstdint>
#include <string>
#include <string_view>

#include "../harness.h"
#include "decode/healing.h"
#include "decode/limited_text.h"
#include "decode/llama_model.h"
#include "decode/utf8_stream.h"
#include "decode/vocabulary.h"

using namespace hotset;

namespace {

Vocabulary load(const char* name) {
  const CancelFlag never{false};
  const auto path =
      std::filesystem::path(HOTSET_LLAMA_SOURCE) / "models" / ("ggml-vocab-" + std::string(name) + ".gguf");
  return Vocabulary(load_llama_model(
      path, LlamaModelPart::kVocabulary, [](double) {}, never));
}

const std::vector<Vocabulary>& vocabularies() {
  static const std::vector<Vocabulary> all = {load("llama-spm"), load("qwen2"), load("starcoder"),
                                              load("deepseek-coder")};
  return all;
}

bool is_utf8(std::string_view text) {
  // What comes out unchanged had nothing to replace.
  return Utf8Stream().append(text) == text;
}

void tokenize(const Vocabulary& vocabulary, std::string_view text) {
  for (const bool special : {false, true}) {
    const std::vector<Token> tokens = vocabulary.tokenize(text, special);
    for (const Token token : tokens)
      fuzz::require(vocabulary.contains(token), "tokens are of the vocabulary");
    vocabulary.detokenize(tokens);
  }
  const HealedText healed = heal(vocabulary, text);
  HeldBytes held(vocabulary, healed.held);
  for (int i = 0; i < 64 && !held.empty(); ++i) {
    fuzz::require(!held.allowed().empty(), "something may come next");
    held.take(held.allowed()[text.size() % held.allowed().size()]);
  }
}

/// In pieces of one to eight bytes, as tokens bring them.
void stream(std::string_view bytes) {
  Utf8Stream stream;
  std::string shown;
  std::string limited;
  const TextSink sink = [&](std::string_view text) { limited += text; };
  LimitedText text(3, sink);
  bool is_over = false;
  while (!bytes.empty()) {
    const std::size_t length =
        std::min<std::size_t>(1 + static_cast<unsigned char>(bytes.front()) % 8U, bytes.size());
    shown += stream.append(bytes.substr(0, length));
    if (!is_over) is_over = text.add(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  fuzz::require(is_utf8(shown), "what is shown is UTF-8");
  fuzz::require(is_utf8(limited), "what is shown is UTF-8");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::start_engine();
  if (size == 0) return 0;
  const auto& all = vocabularies();
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  // What reaches a vocabulary has been a text of JavaScript's.
  tokenize(all[data[0] % all.size()], Utf8Stream().append(bytes));
  stream(bytes);
  return 0;
}

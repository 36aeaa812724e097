#include "shapes/shape_vocabulary.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace hotset {
namespace {

// As GGUF counts them.
enum TokenType : std::int32_t { kNormal = 1, kUnknown = 2, kControl = 3, kByte = 6 };

struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<std::int32_t> types;

  void add(const std::string& token, TokenType type) {
    scores.push_back(-static_cast<float>(tokens.size()));
    tokens.push_back(token);
    types.push_back(type);
  }
};

std::string byte_token(int byte) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "<0x%02X>", static_cast<unsigned>(byte));
  return text.data();
}

}  // namespace

void set_shape_vocabulary(gguf_context* keys, int size) {
  Vocabulary vocabulary;
  vocabulary.add("<unk>", kUnknown);
  vocabulary.add("<s>", kControl);
  vocabulary.add("</s>", kControl);
  for (int byte = 0; byte < 256; ++byte) vocabulary.add(byte_token(byte), kByte);
  while (vocabulary.tokens.size() < static_cast<std::size_t>(size)) {
    vocabulary.add("<word " + std::to_string(vocabulary.tokens.size()) + ">", kNormal);
  }
  std::vector<const char*> texts;
  texts.reserve(vocabulary.tokens.size());
  for (const std::string& token : vocabulary.tokens) texts.push_back(token.c_str());
  gguf_set_val_str(keys, "tokenizer.ggml.model", "llama");
  gguf_set_arr_str(keys, "tokenizer.ggml.tokens", texts.data(), texts.size());
  gguf_set_arr_data(keys, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, vocabulary.scores.data(),
                    vocabulary.scores.size());
  gguf_set_arr_data(keys, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, vocabulary.types.data(),
                    vocabulary.types.size());
  gguf_set_val_u32(keys, "tokenizer.ggml.unknown_token_id", 0);
  gguf_set_val_u32(keys, "tokenizer.ggml.bos_token_id", 1);
  gguf_set_val_u32(keys, "tokenizer.ggml.eos_token_id", 2);
}

}  // namespace hotset

#include "decode/vocabulary.h"

#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include "error.h"
#include "gguf.h"
#include "scratch_file.h"
#include "test_vocabulary.h"

using hotset::Token;
using hotset::Vocabulary;
using hotset::test::load_vocabulary;
using hotset::test::vocabulary_path;

namespace {

struct TestVector {
  std::string text;
  std::vector<Token> tokens;
};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = text.find(separator, from)) != std::string::npos;
       from = at + separator.size()) {
    parts.push_back(text.substr(from, at - from));
  }
  if (from < text.size()) parts.push_back(text.substr(from));
  return parts;
}

/// llama.cpp's own oracle: texts in `.inp`, a line of token ids for each in `.out`.
std::vector<TestVector> read_test_vectors(const std::filesystem::path& vocabulary) {
  const auto texts = split(read_file(vocabulary.string() + ".inp"), "\n__ggml_vocab_test__\n");
  const auto lines = split(read_file(vocabulary.string() + ".out"), "\n");
  REQUIRE(texts.size() == lines.size());
  std::vector<TestVector> vectors;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::istringstream numbers(lines[i]);
    vectors.push_back({texts[i], {std::istream_iterator<Token>(numbers), std::istream_iterator<Token>()}});
  }
  return vectors;
}

/// Every vocabulary that comes with test vectors.
std::vector<std::filesystem::path> vocabularies_with_vectors() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(vocabulary_path("").parent_path())) {
    const auto& path = entry.path();
    if (path.extension() == ".gguf" && std::filesystem::exists(path.string() + ".inp")) paths.push_back(path);
  }
  return paths;
}

}  // namespace

TEST_CASE("every vocabulary tokenizes llama.cpp's test vectors as llama.cpp does") {
  const auto paths = vocabularies_with_vectors();
  REQUIRE(paths.size() >= 10);
  for (const auto& path : paths) {
    CAPTURE(path.filename().string());
    const Vocabulary vocabulary = load_vocabulary(path);
    const auto vectors = read_test_vectors(path);
    CHECK(vectors.size() > 10);
    for (const auto& vector : vectors) {
      CAPTURE(vector.text);
      CHECK(vocabulary.tokenize(vector.text, false) == vector.tokens);
    }
  }
}

TEST_CASE("pieces put together are the text that was tokenized") {
  const std::string code = "def f(x):\n\treturn x  # caf\u00E9 \U0001F600\n";
  const Vocabulary vocabulary = load_vocabulary(vocabulary_path("deepseek-coder"));
  const auto tokens = vocabulary.tokenize(code, false);
  std::string joined;
  for (const Token token : tokens) joined += vocabulary.piece(token);
  CHECK(joined == code);
  CHECK(vocabulary.detokenize(tokens) == code);
}

TEST_CASE("a piece longer than a first guess comes whole") {
  const Vocabulary vocabulary = load_vocabulary(vocabulary_path("qwen2"));
  const std::string spaces(64, ' ');
  const auto tokens = vocabulary.tokenize(spaces, false);
  REQUIRE(tokens.size() == 1);
  CHECK(vocabulary.piece(tokens.front()) == spaces);
}

TEST_CASE("FIM tokens are those of the model") {
  const auto deepseek = load_vocabulary(vocabulary_path("deepseek-coder"));
  const auto fim = deepseek.fim();
  REQUIRE(fim);
  CHECK(deepseek.tokenize("<\uFF5Cfim\u2581begin\uFF5C>", true) == std::vector{fim->prefix});
  CHECK(deepseek.tokenize("<\uFF5Cfim\u2581hole\uFF5C>", true) == std::vector{fim->suffix});
  CHECK(deepseek.tokenize("<\uFF5Cfim\u2581end\uFF5C>", true) == std::vector{fim->middle});

  const auto refact = load_vocabulary(vocabulary_path("refact"));
  REQUIRE(refact.fim());
  CHECK(refact.tokenize("<fim_prefix>", true) == std::vector{refact.fim()->prefix});
  CHECK(refact.tokenize("<fim_suffix>", true) == std::vector{refact.fim()->suffix});
  CHECK(refact.tokenize("<fim_middle>", true) == std::vector{refact.fim()->middle});

  CHECK_FALSE(load_vocabulary(vocabulary_path("gpt-2")).fim());
}

/// refact's vocabulary with other keys.
Vocabulary refact_with(const hotset::test::ScratchFile& file, const std::function<void(gguf_context*)>& set) {
  const std::string original = vocabulary_path("refact").string();
  gguf_context* context = gguf_init_from_file(original.c_str(), {.no_alloc = true, .ctx = nullptr});
  REQUIRE(context != nullptr);
  set(context);
  gguf_write_to_file(context, file.path().string().c_str(), true);
  gguf_free(context);
  return load_vocabulary(file.path());
}

TEST_CASE("an ordinary token is no infilling token: the vocabulary's own is taken, and told of") {
  const auto right = load_vocabulary(vocabulary_path("refact"));
  REQUIRE(right.fim());
  CHECK(right.fim_warning().empty());
  const Token ordinary = right.tokenize("return", false).front();
  for (const char* key : {"tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.fim_suf_token_id",
                          "tokenizer.ggml.fim_mid_token_id"}) {
    CAPTURE(key);
    const hotset::test::ScratchFile file;
    const auto wrong = refact_with(file, [&](gguf_context* context) {
      gguf_set_val_u32(context, key, static_cast<std::uint32_t>(ordinary));
    });
    REQUIRE(wrong.fim());
    CHECK(wrong.fim()->prefix == right.fim()->prefix);
    CHECK(wrong.fim()->suffix == right.fim()->suffix);
    CHECK(wrong.fim()->middle == right.fim()->middle);
    CHECK(wrong.fim_warning().find(std::to_string(ordinary)) != std::string::npos);
    CHECK_FALSE(wrong.ends_text(ordinary));
    CHECK(wrong.ends_text(right.fim()->middle));
  }
}

TEST_CASE("one token for two parts of an infilling prompt is no infilling token either") {
  const auto right = load_vocabulary(vocabulary_path("refact"));
  const hotset::test::ScratchFile file;
  const auto wrong = refact_with(file, [&](gguf_context* context) {
    gguf_set_val_u32(context, "tokenizer.ggml.fim_mid_token_id",
                     static_cast<std::uint32_t>(right.fim()->suffix));
  });
  REQUIRE(wrong.fim());
  CHECK(wrong.fim()->middle == right.fim()->middle);
  CHECK(wrong.fim_warning().find("two parts") != std::string::npos);
}

TEST_CASE("a control token that is there for something else is no infilling token") {
  const auto right = load_vocabulary(vocabulary_path("refact"));
  const auto token_of = [&](const char* name) { return right.tokenize(name, true).front(); };
  for (const Token other : {token_of("<|endoftext|>"), token_of("<reponame>")}) {
    CAPTURE(other);
    const hotset::test::ScratchFile file;
    const auto wrong = refact_with(file, [&](gguf_context* context) {
      gguf_set_val_u32(context, "tokenizer.ggml.fim_mid_token_id", static_cast<std::uint32_t>(other));
    });
    REQUIRE(wrong.fim());
    CHECK(wrong.fim()->middle == right.fim()->middle);
    CHECK(wrong.fim_warning().find(std::to_string(other)) != std::string::npos);
  }
}

TEST_CASE("prefix and suffix that are exchanged are put right, and told of") {
  const auto right = load_vocabulary(vocabulary_path("refact"));
  const hotset::test::ScratchFile file;
  const auto wrong = refact_with(file, [&](gguf_context* context) {
    gguf_set_val_u32(context, "tokenizer.ggml.fim_pre_token_id",
                     static_cast<std::uint32_t>(right.fim()->suffix));
    gguf_set_val_u32(context, "tokenizer.ggml.fim_suf_token_id",
                     static_cast<std::uint32_t>(right.fim()->prefix));
  });
  REQUIRE(wrong.fim());
  CHECK(wrong.fim()->prefix == right.fim()->prefix);
  CHECK(wrong.fim()->suffix == right.fim()->suffix);
  CHECK(wrong.fim_warning().find("something else") != std::string::npos);
}

TEST_CASE("a model whose infilling tokens are wrong and that has none of its own cannot fill in") {
  const hotset::test::ScratchFile file;
  const std::string original = vocabulary_path("gpt-2").string();
  gguf_context* context = gguf_init_from_file(original.c_str(), {.no_alloc = true, .ctx = nullptr});
  REQUIRE(context != nullptr);
  for (const char* part : {"pre", "suf", "mid"}) {
    const std::string key = std::string("tokenizer.ggml.fim_") + part + "_token_id";
    gguf_set_val_u32(context, key.c_str(), static_cast<std::uint32_t>(part[0]));
  }
  gguf_write_to_file(context, file.path().string().c_str(), true);
  gguf_free(context);
  const auto vocabulary = load_vocabulary(file.path());
  CHECK_FALSE(vocabulary.fim());
  CHECK(vocabulary.fim_warning().find("ordinary") != std::string::npos);
  CHECK(load_vocabulary(vocabulary_path("gpt-2")).fim_warning().find("no infilling tokens") !=
        std::string::npos);
}

TEST_CASE("text from a document never becomes a control token") {
  const auto refact = load_vocabulary(vocabulary_path("refact"));
  const auto tokens = refact.tokenize("<fim_prefix>", false);
  CHECK(tokens.size() > 1);
  CHECK(refact.detokenize(tokens) == "<fim_prefix>");
}

TEST_CASE("control tokens end a text and have none of their own") {
  const auto refact = load_vocabulary(vocabulary_path("refact"));
  for (const char* name : {"<|endoftext|>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>"}) {
    CAPTURE(name);
    const auto tokens = refact.tokenize(name, true);
    REQUIRE(tokens.size() == 1);
    CHECK(refact.ends_text(tokens.front()));
    CHECK(refact.piece(tokens.front()).empty());
  }
  CHECK_FALSE(refact.ends_text(refact.tokenize("return", false).front()));
}

TEST_CASE("a sequence begins with a token only where the vocabulary asks for it") {
  const auto llama = load_vocabulary(vocabulary_path("llama-spm"));
  CHECK(llama.beginning_of_sequence() == 1);
  CHECK_FALSE(load_vocabulary(vocabulary_path("qwen2")).beginning_of_sequence());
}

TEST_CASE("an empty text has no tokens") {
  const auto qwen = load_vocabulary(vocabulary_path("qwen2"));
  CHECK(qwen.tokenize("", false).empty());
  CHECK(qwen.detokenize({}).empty());
}

/// Of three words.
Vocabulary small_vocabulary(const char* tokenizer) {
  const hotset::test::ScratchFile file;
  gguf_context* context = gguf_init_empty();
  gguf_set_val_str(context, "general.architecture", "llama");
  gguf_set_val_str(context, "tokenizer.ggml.model", tokenizer);
  std::array<const char*, 3> tokens = {"<unk>", "a", "b"};
  gguf_set_arr_str(context, "tokenizer.ggml.tokens", tokens.data(), tokens.size());
  gguf_write_to_file(context, file.path().string().c_str(), true);
  gguf_free(context);
  return load_vocabulary(file.path());
}

TEST_CASE("a vocabulary without a token for some byte is told of, not crashed on") {
  CHECK_THROWS_AS(small_vocabulary("llama").tokenize("z", false), hotset::Error);
}

TEST_CASE("text for which libllama names a token that there is none of is refused") {
  CHECK_THROWS_WITH_AS(small_vocabulary("bert").tokenize("z", false),
                       "the model's vocabulary has no token for some of the text", hotset::Error);
}

TEST_CASE("a file that libllama cannot load is refused with its reason") {
  CHECK_THROWS_AS(load_vocabulary(vocabulary_path("no-such-vocabulary")), hotset::Error);
}

#include "gguf/vocabulary_check.h"

#include <doctest/doctest.h>

#include <functional>
#include <vector>

#include "error.h"
#include "gguf/model_file.h"
#include "scratch_file.h"

using hotset::ModelFile;
using hotset::test::ScratchFile;

namespace {

void write_keys(const std::filesystem::path& path, const std::function<void(gguf_context*)>& set) {
  gguf_context* context = gguf_init_empty();
  gguf_set_val_str(context, "general.architecture", "llama");
  set(context);
  CHECK(gguf_write_to_file(context, path.string().c_str(), true));
  gguf_free(context);
}

void write_vocabulary(const std::filesystem::path& path, std::vector<const char*> tokens,
                      const char* tokenizer = "llama", const std::vector<std::int32_t>& types = {}) {
  write_keys(path, [&](gguf_context* context) {
    gguf_set_val_str(context, "tokenizer.ggml.model", tokenizer);
    gguf_set_arr_str(context, "tokenizer.ggml.tokens", tokens.data(), tokens.size());
    if (types.empty()) return;
    gguf_set_arr_data(context, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
  });
}

void check_refused(const std::filesystem::path& path, const std::string& reason) {
  CHECK_THROWS_WITH_AS(ModelFile::open(path),
                       (path.string() + ": " + reason + "; download the file again").c_str(), hotset::Error);
}

}  // namespace

TEST_CASE("a vocabulary of different tokens is accepted, empty ones aside") {
  const ScratchFile file;
  write_vocabulary(file.path(), {"<unk>", "a", "", "b", ""});
  CHECK(ModelFile::open(file.path()).vocabulary_size == 5);
}

TEST_CASE("a token that is there twice is refused: libllama would end the process") {
  const ScratchFile file;
  write_vocabulary(file.path(), {"<unk>", "a", "b", "a"});
  check_refused(file.path(), "token 3 of its vocabulary is there twice");
}

TEST_CASE("a vocabulary that is no list of texts is refused") {
  const ScratchFile numbers;
  write_keys(numbers.path(), [](gguf_context* context) {
    const std::vector<std::int32_t> values = {1, 2, 3};
    gguf_set_arr_data(context, "tokenizer.ggml.tokens", GGUF_TYPE_INT32, values.data(), values.size());
  });
  check_refused(numbers.path(), "tokenizer.ggml.tokens is no list of texts");

  const ScratchFile text;
  write_keys(text.path(),
             [](gguf_context* context) { gguf_set_val_str(context, "tokenizer.ggml.tokens", "a b c"); });
  check_refused(text.path(), "tokenizer.ggml.tokens is no list of texts");
}

TEST_CASE("a word piece that is a byte is refused: libllama would end the process") {
  const std::vector<std::int32_t> types = {2, 1, 6};
  const ScratchFile pieces;
  write_vocabulary(pieces.path(), {"<unk>", "a", "<0x0A>"}, "bert", types);
  check_refused(pieces.path(), "token 2 of its vocabulary of word pieces is a byte");

  const ScratchFile bytes;
  write_vocabulary(bytes.path(), {"<unk>", "a", "<0x0A>"}, "llama", types);
  CHECK(ModelFile::open(bytes.path()).vocabulary_size == 3);
}

TEST_CASE("an RWKV token whose first byte is none is refused: libllama would split such a text for ever") {
  const auto refused = [](const std::vector<const char*>& tokens, const std::string& byte) {
    const ScratchFile file;
    write_vocabulary(file.path(), tokens, "rwkv");
    check_refused(file.path(), "its vocabulary has tokens that begin with the byte " + byte +
                                   ", but none of that byte alone");
  };
  refused({"a", "bc"}, "98");
  refused({"\\n\\n", "n"}, "10");
  refused({"\\xe2\\x96", "x"}, "226");
  refused({"\\\\n"}, "92");

  const ScratchFile whole;
  write_vocabulary(whole.path(), {"", "b", "bc", "\\n", "\\n\\n", "\\xe2", "\\xe2\\x96", "\\\\", "\\\\n"},
                   "rwkv");
  CHECK(ModelFile::open(whole.path()).vocabulary_size == 9);
}

// Vocabularies of strangers: what our checks let through, libllama reads, and text goes through it.
#include "decode/vocabulary.h"

#include <cstdint>
#include <string_view>

#include "../harness.h"
#include "decode/healing.h"
#include "decode/llama_model.h"
#include "gguf/model_file.h"

using namespace hotset;

namespace {

constexpr std::string_view kText =
    "def f(x):\n\treturn \"h\xC3\xA9\xF0\x9F\x98\x80\" <s> 12345\xFF\xFE  \r\n";

void use(const Vocabulary& vocabulary) {
  for (const bool special : {false, true}) {
    const std::vector<Token> tokens = vocabulary.tokenize(kText, special);
    for (const Token token : tokens)
      fuzz::require(vocabulary.contains(token), "tokens are of the vocabulary");
    vocabulary.detokenize(tokens);
  }
  vocabulary.index();
  heal(vocabulary, kText.substr(0, 20));
  if (const auto token = vocabulary.beginning_of_sequence()) vocabulary.piece(*token);
  if (const auto& fim = vocabulary.fim()) {
    fuzz::require(vocabulary.contains(fim->prefix) && vocabulary.contains(fim->suffix) &&
                      vocabulary.contains(fim->middle),
                  "infilling tokens are of the vocabulary");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::start_engine();
  const auto path = fuzz::as_file({data, size});
  const CancelFlag never{false};
  try {
    ModelFile::open(path);
    use(Vocabulary(load_llama_model(
        path, LlamaModelPart::kVocabulary, [](double) {}, never)));
  } catch (const Error& error) {
    fuzz::require(error.kind() != ErrorKind::kInternal, error.what());
  }
  return 0;
}

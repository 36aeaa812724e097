// Attention's products and the head's over packed rows, in a model wide enough to have them: decoding against
// libllama.
#include "hybrid/packed_products.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "decoding.h"
#include "gguf/synthetic_model.h"
#include "llama_oracle.h"
#include "scratch_file.h"

namespace {

using hotset::HybridOptions;
using hotset::ModelFile;
using hotset::PackedProducts;
using hotset::SyntheticModel;
using hotset::Token;
using hotset::test::libllama_logits;
using hotset::test::one_by_one;
using hotset::test::open;
using hotset::test::relative_difference;
using hotset::test::ScratchFile;

/// Query and output are matrices [1536, 1536], the head [1536, 1280]: above 1 MB each, which no others are.
SyntheticModel wide_model(ggml_type type) {
  SyntheticModel description;
  description.layers = 2;
  description.embedding_length = 1536;
  description.feed_forward_length = 512;
  description.heads = 12;
  description.kv_heads = 2;
  description.vocabulary_size = 1280;
  description.type = type;
  return description;
}

std::vector<float> decoded_logits(const std::filesystem::path& path, const std::vector<Token>& tokens,
                                  int threads) {
  HybridOptions options;
  options.threads = threads;
  options.context_length = 96;
  return one_by_one(*open(path, options), tokens);
}

}  // namespace

TEST_CASE("packed products: a model that is wide decodes as in libllama") {
  for (const ggml_type type : {GGML_TYPE_Q4_0, GGML_TYPE_Q8_0}) {
    CAPTURE(ggml_type_name(type));
    const ScratchFile file;
    write_synthetic_model(wide_model(type), file.path());
    const ModelFile model = ModelFile::open(file.path());
    const std::uint64_t rows = std::uint64_t{4} * 1536 + 1280;
    REQUIRE(PackedProducts::bytes(model) == rows * ggml_row_size(type, 1536));

    std::vector<Token> tokens(96);
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<Token>(7 + i * 301 % 1200);
    const std::vector<float> expected = libllama_logits(file.path(), tokens, 96);
    const double by_libllama = relative_difference(libllama_logits(file.path(), tokens, 1), expected);
    for (const int threads : {1, 3}) {
      // See check_against_libllama() in hybrid_dense_test.cpp.
      CHECK(relative_difference(decoded_logits(file.path(), tokens, threads), expected) < by_libllama);
    }
  }
}

TEST_CASE("packed products: types that gain nothing have no second copy") {
  const ScratchFile file;
  write_synthetic_model(wide_model(GGML_TYPE_F16), file.path());
  CHECK(PackedProducts::bytes(ModelFile::open(file.path())) == 0);
}

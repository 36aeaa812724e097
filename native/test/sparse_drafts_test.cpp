// Sparse drafts that dense passes verify, and dense passes that correct keys and values.
#include "decode/sparse_drafts.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "decode/open_model.h"
#include "decode/session.h"
#include "decoding.h"
#include "embedded_model.h"

namespace {

using hotset::DensePasses;
using hotset::Generation;
using hotset::LoadedModel;
using hotset::Mode;
using hotset::Token;
using hotset::test::kNever;

const std::string kCode = "def area(width, height):\n    return width * height\n\n\ndef volume(";

LoadedModel opened(Mode mode) {
  hotset::LoadOptions options;
  options.path = hotset::test::embedded_model();
  options.mode = mode;
  options.predictor = hotset::PredictorChoice::kSign;
  options.context_length = 512;
  options.threads = 2;
  return hotset::open_model(
      options, [](double) {}, kNever);
}

Generation generated(Mode mode, const DensePasses& dense) {
  const LoadedModel loaded = opened(mode);
  hotset::Session session(*loaded.decoder, loaded.vocabulary, dense);
  const std::vector<Token> prompt = loaded.vocabulary.tokenize(kCode, false);
  const hotset::GenerateOptions options{.max_tokens = 64, .ignore_end_of_text = true};
  return session.generate(
      prompt, options, [](std::string_view) {}, kNever);
}

TEST_CASE("what is drafted sparsely and verified densely is what dense mode says, in fewer dense passes") {
  const Generation dense = generated(Mode::kDense, {});
  for (const int count : {1, 3, 7}) {
    CAPTURE(count);
    const Generation verified = generated(Mode::kPredicted, {.verified = count});
    CHECK(verified.tokens == dense.tokens);
    // Matrices that are not packed are ggml's, whose sums hang on how many columns there are.
    for (std::size_t token = 0; token < dense.tokens.size(); ++token) {
      CHECK(std::abs(verified.token_probabilities[token] - dense.token_probabilities[token]) < 1e-2F);
    }
    const hotset::DraftCount drafts = verified.drafts[static_cast<std::size_t>(hotset::DraftSource::kSparse)];
    CHECK(drafts.drafted > 20);
    CHECK(drafts.accepted > drafts.drafted / 2);
    CHECK(verified.passes < 64 - drafts.accepted / 2);
    CHECK(verified.statistics->recall.has_value());
  }
}

TEST_CASE("correcting keys and values goes on from the same text") {
  const Generation sparse = generated(Mode::kPredicted, {});
  const Generation corrected = generated(Mode::kPredicted, {.corrected = 8});
  REQUIRE(corrected.tokens.size() == 64);
  // Nothing was corrected before.
  CHECK(std::vector<Token>(corrected.tokens.begin(), corrected.tokens.begin() + 8) ==
        std::vector<Token>(sparse.tokens.begin(), sparse.tokens.begin() + 8));
  CHECK(corrected.token_probabilities != sparse.token_probabilities);
}

TEST_CASE("dense mode has nothing to verify or correct") {
  const Generation dense = generated(Mode::kDense, {});
  CHECK(generated(Mode::kDense, {.verified = 4}).tokens == dense.tokens);
  CHECK(generated(Mode::kDense, {.corrected = 4}).token_probabilities == dense.token_probabilities);
}

}  // namespace

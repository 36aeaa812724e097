// The dense graph against libllama on random-weight SiLU models, and against itself however the tokens come
// in.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "error.h"
#include "hybrid/support.h"
#include "libllama_comparison.h"

namespace {

using hotset::CancelFlag;
using hotset::Error;
using hotset::SyntheticModel;
using hotset::Token;
using hotset::test::bound_of;
using hotset::test::check_against_libllama;
using hotset::test::compare;
using hotset::test::Difference;
using hotset::test::kNever;
using hotset::test::kPrefillBound;
using hotset::test::one_by_one;
using hotset::test::open_dense;
using hotset::test::random_tokens;
using hotset::test::ScratchFile;
using hotset::test::small_model;

TEST_CASE("dense logits are libllama's for llama and qwen2, every kind of weight") {
  for (const std::string architecture : {"llama", "qwen2"}) {
    for (const ggml_type type : hotset::kSupportedTypes) {
      CAPTURE(architecture);
      CAPTURE(std::string(ggml_type_name(type)));
      SyntheticModel description = small_model();
      description.architecture = architecture;
      description.type = type;
      const Difference difference = check_against_libllama(description);
      if (type == GGML_TYPE_F32 || type == GGML_TYPE_F16) CHECK(difference.argmax_differs == 0);
    }
  }
}

TEST_CASE("dense logits are libllama's with a tied head, one KV head and as many KV heads as heads") {
  SyntheticModel description = small_model();
  description.tied_head = true;
  description.kv_heads = 1;
  check_against_libllama(description);
  description.tied_head = false;
  description.kv_heads = 4;
  check_against_libllama(description);
}

TEST_CASE("dense logits are libllama's for every scaling of the rotary embedding") {
  SyntheticModel description = small_model();
  description.rope.frequency_base = 1000000.0F;
  description.rope_factors = true;
  check_against_libllama(description);
  description.rope_factors = false;
  description.rope.original_context_length = 64;
  for (const std::string scaling : {"none", "linear", "yarn"}) {
    for (const float factor : {4.0F, 0.5F}) {
      CAPTURE(scaling);
      CAPTURE(factor);
      description.rope.scaling_type = scaling;
      description.rope.scaling_factor = factor;
      check_against_libllama(description);
    }
  }
}

TEST_CASE("dense logits are libllama's where matrices are too large to be joined") {
  SyntheticModel description = small_model();
  description.layers = 1;
  description.embedding_length = 2048;
  description.feed_forward_length = 2048;
  description.heads = 16;
  description.kv_heads = 8;
  check_against_libllama(description);
}

TEST_CASE("truncating and appending again gives what a fresh sequence gives") {
  const SyntheticModel description = small_model();
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const std::vector<Token> tokens = random_tokens(300, description.vocabulary_size);
  const std::span<const Token> all(tokens);
  const auto fresh = open_dense(file.path());
  REQUIRE(fresh->append(all.first(260), kNever));

  const auto edited = open_dense(file.path());
  REQUIRE(edited->append(all, kNever));
  CHECK(edited->position() == 300);
  edited->truncate(100);
  CHECK(edited->position() == 100);
  REQUIRE(edited->append(all.subspan(200, 50), kNever));  // a wrong turn
  edited->truncate(100);
  REQUIRE(edited->append(all.subspan(100, 160), kNever));

  const std::vector<float> expected(fresh->logits().begin(), fresh->logits().end());
  const std::vector<float> actual(edited->logits().begin(), edited->logits().end());
  const Difference difference = compare(actual, expected, expected.size());
  CHECK(difference.largest < bound_of(description.type) * difference.scale);
  CHECK(difference.argmax_differs == 0);
}

TEST_CASE("chunked, whole and single-token prefill agree, at 1 and 2 threads") {
  const SyntheticModel description = small_model();
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const std::vector<Token> tokens = random_tokens(700, description.vocabulary_size);
  const auto vocabulary = static_cast<std::size_t>(description.vocabulary_size);
  const auto reference = open_dense(file.path())->all_logits(tokens);
  for (const int threads : {1, 2}) {
    const auto decoder = open_dense(file.path(), threads);
    const Difference singly = compare(one_by_one(*decoder, tokens), reference, vocabulary);
    CHECK(singly.largest < kPrefillBound * singly.scale);
    CHECK(singly.argmax_differs == 0);
    decoder->truncate(0);
    REQUIRE(decoder->append(tokens, kNever));  // 512 tokens without logits, then 188
    const std::vector<float> last(reference.end() - description.vocabulary_size, reference.end());
    const Difference whole = compare({decoder->logits().begin(), decoder->logits().end()}, last, vocabulary);
    CHECK(whole.largest < kPrefillBound * whole.scale);
  }
}

TEST_CASE("cancelling inside a prefill keeps the KV cache valid") {
  SyntheticModel description = small_model();
  description.layers = 12;
  description.feed_forward_length = 2048;
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const std::vector<Token> tokens = random_tokens(1000, description.vocabulary_size);
  const std::span<const Token> all(tokens);
  const auto decoder = open_dense(file.path());
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(decoder->append(all, kNever));
  const auto whole = std::chrono::steady_clock::now() - start;

  // On a busy machine the flag may come too late: then once more.
  CancelFlag cancel{false};
  bool finished = true;
  for (int attempt = 0; finished && attempt < 10; ++attempt) {
    decoder->truncate(10);
    cancel = false;
    std::thread user([&] {
      std::this_thread::sleep_for(whole / 4);
      cancel = true;
    });
    finished = decoder->append(all.subspan(10), cancel);
    user.join();
  }
  REQUIRE_FALSE(finished);
  const int reached = decoder->position();
  CHECK(reached >= 10);
  CHECK(reached < 1000);

  REQUIRE(decoder->append(all.subspan(static_cast<std::size_t>(reached), 100), kNever));
  const std::vector<float> actual(decoder->logits().begin(), decoder->logits().end());
  const auto fresh = open_dense(file.path());
  REQUIRE(fresh->append(all.first(static_cast<std::size_t>(reached) + 100), kNever));
  const std::vector<float> expected(fresh->logits().begin(), fresh->logits().end());
  const Difference difference = compare(actual, expected, expected.size());
  CHECK(difference.largest < bound_of(description.type) * difference.scale);

  cancel = true;
  const Token next = tokens[0];
  CHECK_FALSE(decoder->append({&next, 1}, cancel));
  CHECK(decoder->position() == reached + 100);
}

TEST_CASE("tokens that do not fit or do not exist are refused in one line") {
  const SyntheticModel description = small_model();
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const auto decoder = open_dense(file.path(), 1, 100);
  CHECK_THROWS_WITH_AS(decoder->append(random_tokens(101, 320), kNever),
                       "101 tokens do not fit a context of 100 that holds 0 already", Error);
  for (const Token bad : {-1, 320}) CHECK_THROWS_AS(decoder->append({&bad, 1}, kNever), Error);
  CHECK(decoder->position() == 0);
  REQUIRE(decoder->append(random_tokens(100, 320), kNever));
  CHECK(decoder->position() == 100);
}

}  // namespace

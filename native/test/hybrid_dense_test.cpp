// The dense graph against libllama on random-weight SiLU models, and against itself however the tokens come
// in.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "decoding.h"
#include "error.h"
#include "gguf/synthetic_model.h"
#include "llama_oracle.h"
#include "scratch_file.h"

namespace {

using hotset::CancelFlag;
using hotset::Decoder;
using hotset::Error;
using hotset::HybridOptions;
using hotset::SyntheticModel;
using hotset::Token;
using hotset::test::kNever;
using hotset::test::libllama_logits;
using hotset::test::one_by_one;
using hotset::test::ScratchFile;

SyntheticModel test_model() {
  SyntheticModel description;
  description.layers = 3;
  description.embedding_length = 256;
  description.feed_forward_length = 512;
  description.heads = 4;
  description.kv_heads = 2;
  description.vocabulary_size = 320;
  return description;
}

std::vector<Token> random_tokens(int count, int vocabulary) {
  std::vector<Token> tokens;
  std::uint32_t state = 12345;
  for (int i = 0; i < count; ++i) {
    state = state * 1664525U + 1013904223U;
    tokens.push_back(static_cast<Token>((state >> 8) % static_cast<std::uint32_t>(vocabulary)));
  }
  return tokens;
}

std::unique_ptr<Decoder> open(const std::filesystem::path& path, int threads = 1, int context_length = 1024) {
  HybridOptions options;
  options.threads = threads;
  options.context_length = context_length;
  return hotset::test::open(path, options);
}

struct Difference {
  float largest = 0.0F;
  double mean_square = 0.0;
  float scale = 0.0F;  ///< standard deviation of the expected logits
  int argmax_differs = 0;
  /// Of the rows where it does: the most that the expected largest logit exceeds the one that took its place.
  float lead_lost = 0.0F;
};

Difference compare(const std::vector<float>& actual, const std::vector<float>& expected,
                   std::size_t vocabulary) {
  REQUIRE(actual.size() == expected.size());
  Difference difference;
  double squares = 0.0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const float error = std::abs(actual[i] - expected[i]);
    difference.largest = std::max(difference.largest, error);
    difference.mean_square += static_cast<double>(error) * error / static_cast<double>(actual.size());
    squares += static_cast<double>(expected[i]) * expected[i];
  }
  difference.scale = static_cast<float>(std::sqrt(squares / static_cast<double>(expected.size())));
  for (std::size_t row = 0; row < actual.size(); row += vocabulary) {
    const auto best = [&](const std::vector<float>& values) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row);
      return std::max_element(begin, begin + static_cast<std::ptrdiff_t>(vocabulary)) - begin;
    };
    if (best(actual) == best(expected)) continue;
    ++difference.argmax_differs;
    const float lead = expected[row + static_cast<std::size_t>(best(expected))] -
                       expected[row + static_cast<std::size_t>(best(actual))];
    difference.lead_lost = std::max(difference.lead_lost, lead);
  }
  return difference;
}

// The same operators on the same weights: what is left is the order of additions, which differs where two
// matrices are joined or attention is cut into other blocks. F32 sums of a few hundred terms err by about
// 1e-6 of their size; every rounding of an intermediate vector to F16 or to blocks of 8 bits can flip one
// unit in the last place, 5e-4 or 4e-3 of one element of hundreds, and a few layers add such flips up.
float bound_of(ggml_type type) {
  if (type == GGML_TYPE_F32) return 1e-3F;  // keys and values are rounded to F16 all the same
  if (type == GGML_TYPE_F16) return 4e-3F;
  return 3e-2F;
}

// ggml's attention sums the values of a single query in F16, those of many queries in F32: up to 5e-4 of the
// sum for every rounding, over hundreds of positions.
constexpr float kPrefillBound = 3e-2F;

/// Returns what a prompt differs by.
Difference check_against_libllama(const SyntheticModel& description) {
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const std::vector<Token> tokens = random_tokens(200, description.vocabulary_size);
  const auto vocabulary = static_cast<std::size_t>(description.vocabulary_size);
  const auto decoder = open(file.path());

  const std::vector<float> expected = libllama_logits(file.path(), tokens, 200);
  const Difference decoded = compare(one_by_one(*decoder, tokens), expected, vocabulary);
  const Difference prefilled = compare(decoder->all_logits(tokens), expected, vocabulary);
  const Difference by_libllama = compare(libllama_logits(file.path(), tokens, 1), expected, vocabulary);
  MESSAGE(description.architecture << " " << std::string(ggml_type_name(description.type))
                                   << ": largest difference " << prefilled.largest << " prefilling, "
                                   << decoded.largest << " decoding (libllama itself " << by_libllama.largest
                                   << "), of logits with a deviation of " << decoded.scale
                                   << "; another token first at " << prefilled.argmax_differs
                                   << " of 200 places, where it trailed by " << prefilled.lead_lost
                                   << " at most");
  CHECK(prefilled.scale > 0.1F);
  if (!ggml_is_quantized(description.type)) {
    CHECK(prefilled.largest < bound_of(description.type) * prefilled.scale);
  }
  // Attention is ours: other orders of addition, and so other roundings of the vectors behind it. libllama
  // itself goes through other operators decoding than in a prompt, and its attention then sums in F16.
  CHECK(prefilled.mean_square < by_libllama.mean_square);
  CHECK(decoded.mean_square < by_libllama.mean_square);
  // Where another token is first, rounding has decided: it trailed by less than libllama differs from itself.
  CHECK(prefilled.lead_lost < by_libllama.largest);
  CHECK(decoded.lead_lost < by_libllama.largest);
  return prefilled;
}

TEST_CASE("dense logits are libllama's for llama and qwen2, every kind of weight") {
  for (const std::string architecture : {"llama", "qwen2"}) {
    for (const ggml_type type :
         {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0, GGML_TYPE_Q4_1,
          GGML_TYPE_Q5_0, GGML_TYPE_Q5_1, GGML_TYPE_Q2_K, GGML_TYPE_Q3_K, GGML_TYPE_Q4_K, GGML_TYPE_Q5_K,
          GGML_TYPE_Q6_K, GGML_TYPE_IQ4_NL, GGML_TYPE_IQ4_XS, GGML_TYPE_IQ3_S, GGML_TYPE_IQ3_XXS,
          GGML_TYPE_MXFP4}) {
      CAPTURE(architecture);
      CAPTURE(std::string(ggml_type_name(type)));
      SyntheticModel description = test_model();
      description.architecture = architecture;
      description.type = type;
      const Difference difference = check_against_libllama(description);
      if (type == GGML_TYPE_F32 || type == GGML_TYPE_F16) CHECK(difference.argmax_differs == 0);
    }
  }
}

TEST_CASE("dense logits are libllama's with a tied head, one KV head and as many KV heads as heads") {
  SyntheticModel description = test_model();
  description.tied_head = true;
  description.kv_heads = 1;
  check_against_libllama(description);
  description.tied_head = false;
  description.kv_heads = 4;
  check_against_libllama(description);
}

TEST_CASE("dense logits are libllama's for every scaling of the rotary embedding") {
  SyntheticModel description = test_model();
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
  SyntheticModel description = test_model();
  description.layers = 1;
  description.embedding_length = 2048;
  description.feed_forward_length = 2048;
  description.heads = 16;
  description.kv_heads = 8;
  check_against_libllama(description);
}

TEST_CASE("truncating and appending again gives what a fresh sequence gives") {
  const SyntheticModel description = test_model();
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const std::vector<Token> tokens = random_tokens(300, description.vocabulary_size);
  const std::span<const Token> all(tokens);
  const auto fresh = open(file.path());
  REQUIRE(fresh->append(all.first(260), kNever));

  const auto edited = open(file.path());
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
  const SyntheticModel description = test_model();
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const std::vector<Token> tokens = random_tokens(700, description.vocabulary_size);
  const auto vocabulary = static_cast<std::size_t>(description.vocabulary_size);
  const auto reference = open(file.path())->all_logits(tokens);
  for (const int threads : {1, 2}) {
    const auto decoder = open(file.path(), threads);
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
  SyntheticModel description = test_model();
  description.layers = 12;
  description.feed_forward_length = 2048;
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const std::vector<Token> tokens = random_tokens(1000, description.vocabulary_size);
  const std::span<const Token> all(tokens);
  const auto decoder = open(file.path());
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
  const auto fresh = open(file.path());
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
  const SyntheticModel description = test_model();
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const auto decoder = open(file.path(), 1, 100);
  CHECK_THROWS_WITH_AS(decoder->append(random_tokens(101, 320), kNever),
                       "101 tokens do not fit a context of 100 that holds 0 already", Error);
  for (const Token bad : {-1, 320}) CHECK_THROWS_AS(decoder->append({&bad, 1}, kNever), Error);
  CHECK(decoder->position() == 0);
  REQUIRE(decoder->append(random_tokens(100, 320), kNever));
  CHECK(decoder->position() == 100);
}

}  // namespace

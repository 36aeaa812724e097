// Architectures that differ from llama and qwen2 in more than a bias: each against libllama, and against
// itself however the tokens come in.
#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

#include "decode/profiler.h"
#include "error.h"
#include "libllama_comparison.h"

namespace {

using hotset::Activation;
using hotset::Mode;
using hotset::SyntheticModel;
using hotset::Token;
using hotset::test::check_against_libllama;
using hotset::test::compare;
using hotset::test::Difference;
using hotset::test::in_mode;
using hotset::test::kNever;
using hotset::test::kPrefillBound;
using hotset::test::mean_difference;
using hotset::test::one_by_one;
using hotset::test::open;
using hotset::test::open_dense;
using hotset::test::random_tokens;
using hotset::test::ScratchFile;

SyntheticModel small(const std::string& architecture) {
  SyntheticModel description = hotset::test::small_model();
  description.architecture = architecture;
  return description;
}

void check_types(const SyntheticModel& model) {
  for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0,
                               GGML_TYPE_Q5_1, GGML_TYPE_Q4_K, GGML_TYPE_Q6_K, GGML_TYPE_IQ4_XS}) {
    CAPTURE(std::string(ggml_type_name(type)));
    SyntheticModel description = model;
    description.type = type;
    const Difference difference = check_against_libllama(description);
    if (type == GGML_TYPE_F32 || type == GGML_TYPE_F16) CHECK(difference.argmax_differs == 0);
  }
}

void check_heads(const SyntheticModel& model) {
  for (const ggml_type type : {GGML_TYPE_F16, GGML_TYPE_Q8_0}) {
    SyntheticModel description = model;
    description.type = type;
    for (const int kv_heads : {1, 4}) {
      CAPTURE(kv_heads);
      description.kv_heads = kv_heads;
      check_against_libllama(description);
    }
    description.tied_head = !model.tied_head;
    check_against_libllama(description);
  }
}

void check_scalings(const SyntheticModel& model) {
  SyntheticModel description = model;
  description.rope.frequency_base = 1000000.0F;
  description.rope.original_context_length = 64;
  description.rope.scaling_factor = 4.0F;
  for (const std::string scaling : {"linear", "yarn"}) {
    CAPTURE(scaling);
    description.rope.scaling_type = scaling;
    check_against_libllama(description);
  }
}

/// Prompts, drafted tokens and single ones go through different operators.
void check_steps(const SyntheticModel& model) {
  for (const ggml_type type : {GGML_TYPE_F16, GGML_TYPE_Q8_0}) {
    SyntheticModel description = model;
    description.type = type;
    const ScratchFile file;
    write_synthetic_model(description, file.path());
    const std::vector<Token> tokens = random_tokens(600, description.vocabulary_size);
    const auto vocabulary = static_cast<std::size_t>(description.vocabulary_size);
    const auto decoder = open_dense(file.path(), 2);
    const std::vector<float> reference = open_dense(file.path())->all_logits(tokens);
    const Difference singly = compare(one_by_one(*decoder, tokens), reference, vocabulary);
    CHECK(singly.largest < kPrefillBound * singly.scale);
    decoder->truncate(100);
    REQUIRE(decoder->append(std::span<const Token>(tokens).subspan(100, 5), 5, kNever));
    const std::vector<float> drafted(decoder->logits().begin(), decoder->logits().end());
    const Difference draft = compare(drafted,
                                     {reference.begin() + std::ptrdiff_t{100} * description.vocabulary_size,
                                      reference.begin() + std::ptrdiff_t{105} * description.vocabulary_size},
                                     vocabulary);
    CHECK(draft.largest < kPrefillBound * draft.scale);
    decoder->truncate(0);
    REQUIRE(decoder->append(tokens, kNever));  // 512 tokens without logits, then 88
    const Difference last =
        compare({decoder->logits().begin(), decoder->logits().end()},
                {reference.end() - description.vocabulary_size, reference.end()}, vocabulary);
    CHECK(last.largest < kPrefillBound * last.scale);
  }
}

void check_architecture(const SyntheticModel& model) {
  check_types(model);
  check_heads(model);
  check_scalings(model);
  check_steps(model);
}

TEST_CASE("qwen3: heads of queries and keys are normed before they are turned") {
  check_architecture(small("qwen3"));
}

TEST_CASE("qwen3: heads need not divide the embedding") {
  SyntheticModel description = small("qwen3");
  description.heads = 6;
  description.kv_heads = 3;
  description.key_length = 96;
  for (const ggml_type type : {GGML_TYPE_F16, GGML_TYPE_Q8_0}) {
    description.type = type;
    check_against_libllama(description);
  }
}

TEST_CASE("phi3: query, key and value are one matrix, gate and up are one") {
  SyntheticModel description = small("phi3");
  description.joined_qkv = true;
  check_architecture(description);
  description.joined_qkv = false;
  check_against_libllama(description);
}

TEST_CASE("phi3: half of each head is turned") {
  SyntheticModel description = small("phi3");
  description.rope.dimensions = 32;
  for (const ggml_type type : {GGML_TYPE_F16, GGML_TYPE_Q8_0}) {
    description.type = type;
    check_against_libllama(description);
  }
}

TEST_CASE("frequencies are divided by the factors for the length of the context") {
  SyntheticModel description = small("phi3");
  description.long_rope_factors = true;
  description.rope.attention_factor = 1.2F;
  // The contexts of the test are longer than the first and shorter than the last.
  for (const int original : {64, 4096}) {
    CAPTURE(original);
    description.rope.original_context_length = original;
    description.architecture = "phi3";
    description.rope.scaling_type.clear();
    check_against_libllama(description);
    description.architecture = "llama";
    description.rope.scaling_type = "longrope";
    check_against_libllama(description);
  }
}

TEST_CASE("starcoder2: layer norms, biases, neurons without a gate") {
  SyntheticModel description = small("starcoder2");
  description.tied_head = true;
  check_architecture(description);
}

TEST_CASE("gemma: embeddings are scaled, gates weighed with GELU, the head is the embedding") {
  SyntheticModel description = small("gemma");
  description.key_length = 128;  // longer than the embedding would have it
  check_architecture(description);
}

TEST_CASE("granite: embeddings, blocks, attention and logits are scaled") {
  check_architecture(small("granite"));
  SyntheticModel description = small("granite");
  description.rope_factors = true;
  check_against_libllama(description);
}

TEST_CASE("neurons with a gate can be left out in every architecture") {
  for (const std::string architecture : {"qwen3", "granite", "phi3"}) {
    for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16}) {
      CAPTURE(architecture);
      CAPTURE(std::string(ggml_type_name(type)));
      SyntheticModel description = small(architecture);
      description.activation = Activation::kRelu;
      description.type = type;
      const ScratchFile file;
      write_synthetic_model(description, file.path());
      const std::vector<Token> tokens = random_tokens(64, description.vocabulary_size);
      const auto exact = open(file.path(), in_mode(Mode::kExact));
      CHECK(exact->describe().mode == "exact");
      const auto dense = open(file.path(), {});
      CHECK(mean_difference(*exact, *dense, tokens) < 2e-3);
      const auto statistics = exact->take_statistics();
      CHECK(statistics->activity == doctest::Approx(0.5).epsilon(0.1));
    }
  }
}

TEST_CASE("neurons that weigh in with GELU are never left out") {
  for (const std::string architecture : {"starcoder2", "gemma"}) {
    const ScratchFile file;
    write_synthetic_model(small(architecture), file.path());
    for (const Mode mode : {Mode::kExact, Mode::kPredicted, Mode::kThresholded}) {
      CHECK_THROWS_WITH_AS(open(file.path(), in_mode(mode)), doctest::Contains("GELU; choose the mode dense"),
                           hotset::Error);
    }
    hotset::ProfilerOptions options;
    options.path = file.path();
    CHECK_THROWS_WITH_AS(hotset::Profiler(
                             options, [](double) {}, kNever),
                         doctest::Contains("GELU"), hotset::Error);
  }
}

}  // namespace

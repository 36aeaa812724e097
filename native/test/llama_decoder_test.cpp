#include "decode/llama_decoder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include "decode/llama_model.h"
#include "error.h"
#include "gguf/synthetic_model.h"
#include "recurrent_model.h"
#include "scratch_file.h"
#include "sparse_models.h"

using hotset::CancelFlag;
using hotset::LlamaDecoder;
using hotset::Token;

namespace {

const CancelFlag kNever{false};
constexpr int kContext = 512;
// Logits deviate by about 1; products and the KV cache are in half precision.
constexpr float kRounding = 0.01F;

LlamaDecoder open(const std::filesystem::path& path, int context_length = kContext) {
  return {hotset::load_llama_model(
              path, hotset::LlamaModelPart::kEverything, [](double) {}, kNever),
          context_length, 2};
}

/// `count` tokens of a vocabulary of 64, none like its neighbours.
std::vector<Token> tokens_of(std::size_t count) {
  std::vector<Token> tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<Token>(i * 7 % 64);
  return tokens;
}

std::vector<float> logits_after(LlamaDecoder& decoder, std::span<const Token> tokens) {
  decoder.append(tokens, kNever);
  return {decoder.logits().begin(), decoder.logits().end()};
}

float largest_difference(std::span<const float> a, std::span<const float> b) {
  REQUIRE(a.size() == b.size());
  return std::transform_reduce(
      a.begin(), a.end(), b.begin(), 0.0F, [](float x, float y) { return std::max(x, y); },
      [](float x, float y) { return std::abs(x - y); });
}

struct Transformer {
  explicit Transformer(int layers = 2) {
    hotset::SyntheticModel description;
    description.vocabulary_size = 64;
    description.layers = layers;
    hotset::write_synthetic_model(description, file.path());
  }
  hotset::test::ScratchFile file;
};

struct Recurrent {
  Recurrent() { hotset::test::write_recurrent_model(file.path()); }
  hotset::test::ScratchFile file;
};

}  // namespace

TEST_CASE("libllama: a context that is shorter than there are sequences is computed in") {
  const Transformer model;
  LlamaDecoder shortest = open(model.file.path(), 1);
  LlamaDecoder usual = open(model.file.path());
  const std::vector<Token> one = tokens_of(1);
  CHECK(shortest.room() == 1);
  CHECK(largest_difference(logits_after(shortest, one), logits_after(usual, one)) < kRounding);
  CHECK_THROWS_AS(shortest.append(one, kNever), hotset::Error);
}

TEST_CASE("predictors in a model's file do not keep libllama from running it") {
  const Transformer plain;
  const hotset::ModelFile model = hotset::ModelFile::open(plain.file.path());
  const hotset::test::ScratchFile both;
  hotset::test::TensorFile file("llama");
  file.add_all(plain.file.path());
  hotset::test::add_gates_as_predictors(file, model);
  file.write(both.path());
  LlamaDecoder expected = open(plain.file.path());
  LlamaDecoder decoder = open(both.path());
  CHECK(logits_after(decoder, tokens_of(40)) == logits_after(expected, tokens_of(40)));
}

TEST_CASE("a prompt given in parts gives the logits of the whole") {
  const Transformer model;
  const auto tokens = tokens_of(300);  // more than two chunks
  auto whole = open(model.file.path());
  auto parts = open(model.file.path());
  const auto expected = logits_after(whole, tokens);
  CHECK(whole.position() == 300);
  parts.append(std::span(tokens).first(299), kNever);
  CHECK(largest_difference(logits_after(parts, std::span(tokens).last(1)), expected) < kRounding);
  CHECK(parts.position() == 300);
}

TEST_CASE("what was truncated is forgotten") {
  const Transformer model;
  auto decoder = open(model.file.path());
  const auto tokens = tokens_of(40);
  const auto expected = logits_after(decoder, tokens);
  decoder.truncate(20);
  CHECK(decoder.position() == 20);
  decoder.append(std::vector<Token>(15, 3), kNever);
  decoder.truncate(20);
  CHECK(largest_difference(logits_after(decoder, std::span(tokens).subspan(20)), expected) < kRounding);
}

TEST_CASE("the logits of every position are those of its prefix") {
  const Transformer model;
  const auto tokens = tokens_of(200);
  auto decoder = open(model.file.path());
  const auto all = decoder.all_logits(tokens);
  REQUIRE(all.size() == tokens.size() * 64);
  for (const std::size_t length : {std::size_t{1}, std::size_t{128}, std::size_t{129}, std::size_t{200}}) {
    CAPTURE(length);
    decoder.truncate(0);
    const auto expected = logits_after(decoder, std::span(tokens).first(length));
    CHECK(largest_difference(std::span(all).subspan((length - 1) * 64, 64), expected) < kRounding);
  }
}

TEST_CASE("more tokens than the context holds are refused, and nothing is lost") {
  const Transformer model;
  auto decoder = open(model.file.path(), 100);
  decoder.append(tokens_of(90), kNever);
  CHECK_THROWS_WITH_AS(
      decoder.append(tokens_of(11), kNever),
      "11 tokens do not fit the 10 that are left of the context: shorten the text or choose a longer "
      "context",
      hotset::Error);
  CHECK(decoder.position() == 90);
  CHECK(decoder.append(tokens_of(10), kNever));
  CHECK(decoder.describe().context_length == 100);
}

TEST_CASE("a prefill cancelled inside a graph leaves whole chunks behind, all valid") {
  const Transformer model(24);
  const auto tokens = tokens_of(500);
  auto decoder = open(model.file.path());
  const auto start = std::chrono::steady_clock::now();
  const auto expected = logits_after(decoder, tokens);
  const auto whole = std::chrono::steady_clock::now() - start;

  // On a busy machine the flag may come too late: then once more.
  bool finished = true;
  for (int attempt = 0; finished && attempt < 10; ++attempt) {
    decoder.truncate(0);
    CancelFlag cancel{false};
    std::thread watch([&] {
      std::this_thread::sleep_for(whole / 4);
      cancel = true;
    });
    finished = decoder.append(tokens, cancel);
    watch.join();
  }
  REQUIRE_FALSE(finished);
  CHECK(decoder.position() < 500);
  const auto rest = std::span(tokens).subspan(static_cast<std::size_t>(decoder.position()));
  CHECK(largest_difference(logits_after(decoder, rest), expected) < kRounding);
}

TEST_CASE("a recurrent model forgets all where it cannot forget a part") {
  const Recurrent model;
  auto decoder = open(model.file.path());
  const auto tokens = tokens_of(30);
  const auto expected = logits_after(decoder, tokens);
  decoder.truncate(30);
  CHECK(decoder.position() == 30);
  decoder.truncate(20);
  CHECK(decoder.position() == 0);
  CHECK(largest_difference(logits_after(decoder, tokens), expected) < kRounding);
}

TEST_CASE("a recurrent model that was cancelled starts over") {
  const Recurrent model;
  auto decoder = open(model.file.path());
  const auto tokens = tokens_of(30);
  const auto expected = logits_after(decoder, tokens);
  decoder.truncate(0);

  CHECK_FALSE(decoder.append(tokens, CancelFlag{true}));
  const auto rest = std::span(tokens).subspan(static_cast<std::size_t>(decoder.position()));
  CHECK(largest_difference(logits_after(decoder, rest), expected) < kRounding);
}

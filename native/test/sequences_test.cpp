#include "decode/sequences.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "decode/llama_decoder.h"
#include "decoding.h"
#include "gguf/synthetic_model.h"
#include "scratch_file.h"

using hotset::Decoder;
using hotset::HybridOptions;
using hotset::Sequences;
using hotset::Token;
using hotset::test::kNever;

namespace {

constexpr int kContext = 300;
constexpr int kContexts = 2;
// One token's attention and a prompt's add up in another order, and so does a prompt's whose rows do not lie
// side by side; logits of another text would differ by about 1.
constexpr double kRounding = 5e-3;

struct Model {
  Model() {
    hotset::SyntheticModel description;
    description.vocabulary_size = 64;
    description.layers = 2;
    hotset::write_synthetic_model(description, file.path());
  }
  hotset::test::ScratchFile file;
};

std::unique_ptr<Decoder> open_hybrid(const std::filesystem::path& path) {
  HybridOptions options;
  options.context_length = kContext;
  options.contexts = kContexts;
  options.threads = 2;
  return hotset::test::open(path, options);
}

std::unique_ptr<Decoder> open_llama(const std::filesystem::path& path) {
  auto model = hotset::load_llama_model(
      path, hotset::LlamaModelPart::kEverything, [](double) {}, kNever);
  return std::make_unique<hotset::LlamaDecoder>(std::move(model), kContext, 2, hotset::LlamaGpu{}, kContexts);
}

using Opener = std::function<std::unique_ptr<Decoder>(const std::filesystem::path& path)>;
struct Kind {
  std::string name;
  Opener open;
};
const std::vector<Kind> kDecoders = {{"hybrid", open_hybrid}, {"llama.cpp", open_llama}};

std::vector<Token> tokens_of(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Token> tokens(static_cast<std::size_t>(count));
  for (Token& token : tokens) token = static_cast<Token>(3 + random() % 60);
  return tokens;
}

std::vector<Token> joined(std::vector<Token> first, const std::vector<Token>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// Has all of `tokens` computed. Returns how many of them were there already.
int compute(Sequences& sequences, const std::string& key, const std::vector<Token>& tokens) {
  const auto all = std::span(tokens);
  const int held = sequences.begin(key, all.first(all.size() - 1));
  REQUIRE(sequences.append(all.subspan(static_cast<std::size_t>(held)), 1, kNever));
  return held;
}

/// Of a decoder that has seen nothing else.
std::vector<float> expected_logits(const Opener& open, const std::filesystem::path& path,
                                   const std::vector<Token>& tokens) {
  const auto decoder = open(path);
  REQUIRE(decoder->append(tokens, kNever));
  return {decoder->logits().begin(), decoder->logits().end()};
}

}  // namespace

TEST_CASE("documents that are asked for by turns are computed once, each as if it were alone") {
  const Model model;
  for (const Kind& kind : kDecoders) {
    CAPTURE(kind.name);
    const Opener& open = kind.open;
    const auto decoder = open(model.file.path());
    Sequences sequences(*decoder);
    auto a = tokens_of(150, 1);
    auto b = tokens_of(120, 2);
    CHECK(compute(sequences, "a", a) == 0);
    CHECK(compute(sequences, "b", b) == 0);
    for (unsigned turn = 0; turn < 3; ++turn) {
      a = joined(a, tokens_of(turn == 1 ? 20 : 1, 10 + turn));
      b = joined(b, tokens_of(turn == 2 ? 20 : 1, 20 + turn));
      CHECK(compute(sequences, "a", a) == static_cast<int>(a.size()) - (turn == 1 ? 20 : 1));
      CHECK(hotset::test::relative_difference(decoder->logits(),
                                              expected_logits(open, model.file.path(), a)) < kRounding);
      CHECK(compute(sequences, "b", b) == static_cast<int>(b.size()) - (turn == 2 ? 20 : 1));
      CHECK(hotset::test::relative_difference(decoder->logits(),
                                              expected_logits(open, model.file.path(), b)) < kRounding);
    }
  }
}

TEST_CASE("a document begins with the longest beginning that another has") {
  const Model model;
  for (const Kind& kind : kDecoders) {
    CAPTURE(kind.name);
    const Opener& open = kind.open;
    const auto decoder = open(model.file.path());
    Sequences sequences(*decoder);
    const auto beginning = tokens_of(100, 1);
    const auto a = joined(beginning, tokens_of(50, 2));
    const auto b = joined(beginning, tokens_of(60, 3));
    compute(sequences, "other", tokens_of(40, 4));
    compute(sequences, "a", a);
    CHECK(compute(sequences, "b", b) == 100);
    CHECK(hotset::test::relative_difference(decoder->logits(), expected_logits(open, model.file.path(), b)) <
          kRounding);
    // Neither has changed what the other holds.
    const auto more = joined(a, {7});
    CHECK(compute(sequences, "a", more) == 150);
    CHECK(hotset::test::relative_difference(decoder->logits(),
                                            expected_logits(open, model.file.path(), more)) < kRounding);
    CHECK(compute(sequences, "b", joined(b, {9})) == 160);
    // 40 of its own, 150 and 1 of a, 60 and 1 of b behind what they share.
    CHECK(decoder->room() == kContexts * kContext - 40 - 151 - 61);
  }
}

TEST_CASE("a document takes over what was computed ahead for it under another name") {
  const Model model;
  for (const Kind& kind : kDecoders) {
    CAPTURE(kind.name);
    const Opener& open = kind.open;
    const auto decoder = open(model.file.path());
    Sequences sequences(*decoder);
    const auto ahead = tokens_of(200, 5);
    compute(sequences, "a", tokens_of(100, 1));
    compute(sequences, "a, next", ahead);
    CHECK(compute(sequences, "a", joined(ahead, {5})) == 200);
    CHECK(decoder->room() == kContexts * kContext - 201);
  }
}

TEST_CASE("who was not asked for the longest time leaves when the cache is full") {
  const Model model;
  for (const Kind& kind : kDecoders) {
    CAPTURE(kind.name);
    const Opener& open = kind.open;
    const auto decoder = open(model.file.path());
    Sequences sequences(*decoder);
    const auto a = tokens_of(200, 1);
    const auto b = tokens_of(200, 2);
    const auto c = tokens_of(150, 3);
    compute(sequences, "a", a);
    compute(sequences, "b", b);
    compute(sequences, "c", c);
    CHECK(decoder->room() == 50);
    CHECK(compute(sequences, "a", a) == 199);
    CHECK(compute(sequences, "d", tokens_of(100, 4)) == 0);
    CHECK(decoder->room() == kContexts * kContext - 200 - 150 - 100);
    CHECK(compute(sequences, "a", a) == 199);
    CHECK(compute(sequences, "c", c) == 149);
    CHECK(compute(sequences, "b", b) == 0);
    CHECK(hotset::test::relative_difference(decoder->logits(), expected_logits(open, model.file.path(), b)) <
          kRounding);
  }
}

TEST_CASE("it is told which documents are still held, and how much of each") {
  const Model model;
  for (const Kind& kind : kDecoders) {
    CAPTURE(kind.name);
    const auto decoder = kind.open(model.file.path());
    Sequences sequences(*decoder);
    const auto lengths = [&] {
      std::map<std::string, int> held;
      for (const auto& [key, length] : sequences.held()) held[key] = length;
      return held;
    };
    CHECK(lengths().empty());
    compute(sequences, "a", tokens_of(200, 1));
    compute(sequences, "b", tokens_of(200, 2));
    CHECK(lengths() == std::map<std::string, int>{{"a", 200}, {"b", 200}});
    compute(sequences, "c", tokens_of(250, 3));
    CHECK(lengths() == std::map<std::string, int>{{"b", 200}, {"c", 250}});
    sequences.truncate(10);
    CHECK(lengths() == std::map<std::string, int>{{"b", 200}, {"c", 10}});
  }
}

TEST_CASE("one document can have the longest context, whatever others hold") {
  const Model model;
  for (const Kind& kind : kDecoders) {
    CAPTURE(kind.name);
    const Opener& open = kind.open;
    const auto decoder = open(model.file.path());
    Sequences sequences(*decoder);
    for (unsigned key = 0; key < 20; ++key) compute(sequences, std::to_string(key), tokens_of(90, key));
    const auto longest = tokens_of(kContext, 99);
    compute(sequences, "longest", longest);
    CHECK(hotset::test::relative_difference(decoder->logits(),
                                            expected_logits(open, model.file.path(), longest)) < kRounding);
    sequences.clear();
    CHECK(decoder->room() == kContexts * kContext);
  }
}

TEST_CASE("with room for one context documents still share it") {
  const Model model;
  HybridOptions options;
  options.context_length = 100;
  const auto decoder = hotset::test::open(model.file.path(), options);
  Sequences sequences(*decoder);
  const auto a = tokens_of(40, 1);
  compute(sequences, "a", a);
  compute(sequences, "b", tokens_of(40, 2));
  CHECK(compute(sequences, "a", a) == 39);
  CHECK(compute(sequences, "c", tokens_of(60, 3)) == 0);
  CHECK(decoder->room() == 0);
}

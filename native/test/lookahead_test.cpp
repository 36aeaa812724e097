#include "decode/lookahead.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "decode/llama_decoder.h"
#include "decode/sequences.h"
#include "decode/session.h"
#include "decoding.h"
#include "embedded_model.h"
#include "test_vocabulary.h"

using hotset::Continuation;
using hotset::Decoder;
using hotset::GenerateOptions;
using hotset::Generation;
using hotset::HybridOptions;
using hotset::Lookahead;
using hotset::Mode;
using hotset::Token;
using hotset::Vocabulary;
using hotset::test::kNever;

namespace {

const std::string kCode =
    "export function area(width: number, height: number): number {\n  return width * height;\n}\n\n"
    "export function volume(width: number, height: number, depth: number): number {\n  return";

/// With drafts in every pass, whatever they cost.
Generation with_drafts(Decoder& decoder, const Vocabulary& vocabulary, const std::vector<Token>& prompt,
                       const GenerateOptions& options, Lookahead::Memory& memory) {
  const auto ignore = [](std::string_view) {};
  const hotset::TextSink sink = ignore;
  Continuation continuation(vocabulary, options, sink);
  hotset::Sequences sequences(decoder);
  Lookahead ahead(vocabulary, prompt, options, true, memory);
  sequences.begin("", {});
  REQUIRE(sequences.append(std::span(prompt).first(prompt.size() - 1), 0, kNever));
  Token token = prompt.back();
  for (;;) {
    const auto draft = ahead.draft(1, 7);
    std::vector<Token> tokens = {token};
    tokens.insert(tokens.end(), draft.begin(), draft.end());
    REQUIRE(sequences.append(tokens, static_cast<int>(tokens.size()), kNever));
    const int drafted = static_cast<int>(draft.size());
    const auto verified = ahead.verify(continuation, decoder, hotset::PassCost::Seconds(1.0));
    sequences.truncate(sequences.length() - drafted + verified.accepted);
    if (verified.stop) break;
    token = verified.token;
  }
  Generation generation;
  continuation.tell(generation, Continuation::Clock::now());
  ahead.tell(generation);
  return generation;
}

Generation with_drafts(Decoder& decoder, const Vocabulary& vocabulary, const std::vector<Token>& prompt,
                       const GenerateOptions& options) {
  Lookahead::Memory memory;
  return with_drafts(decoder, vocabulary, prompt, options, memory);
}

Generation without_drafts(Decoder& decoder, const Vocabulary& vocabulary, const std::vector<Token>& prompt,
                          const GenerateOptions& options) {
  hotset::Session session(decoder, vocabulary);
  return session.generate(
      prompt, options, [](std::string_view) {}, kNever);
}

int accepted_of(const Generation& generation) {
  int accepted = 0;
  for (const auto& count : generation.drafts) accepted += count.accepted;
  return accepted;
}

int drafted_of(const Generation& generation) {
  int drafted = 0;
  for (const auto& count : generation.drafts) drafted += count.drafted;
  return drafted;
}

}  // namespace

TEST_CASE("with drafts the embedded model says what it says without, in fewer passes") {
  const auto model = hotset::test::embedded_model();
  const Vocabulary vocabulary = hotset::test::load_vocabulary(model);
  const auto prompt = vocabulary.tokenize(kCode, false);
  const GenerateOptions options{.max_tokens = 300, .ignore_end_of_text = true};
  for (const Mode mode : {Mode::kDense, Mode::kExact}) {
    CAPTURE(mode);
    HybridOptions how = hotset::test::in_mode(mode);
    how.profile = hotset::test::embedded_profile();
    how.threads = 2;
    const auto decoder = hotset::test::open(model, how);
    const Generation plain = without_drafts(*decoder, vocabulary, prompt, options);
    decoder->truncate(0);
    const Generation drafted = with_drafts(*decoder, vocabulary, prompt, options);
    CHECK(drafted.tokens == plain.tokens);
    CHECK(drafted.text == plain.text);
    CHECK(plain.passes == 300);
    CHECK(drafted.passes == 300 - accepted_of(drafted));
    CHECK(accepted_of(drafted) > 60);
    // Wrong ones are what puts it to the proof; the next test has more.
    CHECK(drafted_of(drafted) > accepted_of(drafted));
  }
}

TEST_CASE("what was said before, right, wrong and right for a while, changes nothing that is said") {
  const auto model = hotset::test::embedded_model();
  const Vocabulary vocabulary = hotset::test::load_vocabulary(model);
  const auto prompt = vocabulary.tokenize(kCode, false);
  HybridOptions how = hotset::test::in_mode(Mode::kExact);
  how.threads = 2;
  const auto decoder = hotset::test::open(model, how);
  GenerateOptions options{.max_tokens = 40, .ignore_end_of_text = true};
  const Generation plain = without_drafts(*decoder, vocabulary, prompt, options);
  std::mt19937 random(5);
  int rejected = 0;
  for (int round = 0; round < 12; ++round) {
    std::vector<Token> earlier = plain.tokens;
    for (int wrong = 0; wrong < round; ++wrong) earlier[random() % earlier.size()] = plain.tokens.front();
    Lookahead::Memory memory;
    memory.said.add(prompt, earlier);
    options.held = round % 3 == 2 ? plain.text.substr(0, 1 + random() % 6) : "";
    decoder->truncate(0);
    const Generation drafted = with_drafts(*decoder, vocabulary, prompt, options, memory);
    const std::string said = options.held + drafted.text;
    CHECK(said.substr(0, plain.text.size()) == plain.text.substr(0, said.size()));
    // And is left to later ones.
    const auto left = memory.said.tokens();
    REQUIRE(left.size() >= drafted.tokens.size());
    CHECK(std::ranges::equal(left.last(drafted.tokens.size()), drafted.tokens));
    rejected += drafted_of(drafted) - accepted_of(drafted);
    if (round > 0) continue;
    CHECK(drafted.tokens == plain.tokens);
    CHECK(drafted.passes < 10);
  }
  CHECK(rejected > 40);
}

TEST_CASE("a session drafts only where it may, and tells of it") {
  const auto model = hotset::test::embedded_model();
  const Vocabulary vocabulary = hotset::test::load_vocabulary(model);
  const auto prompt = vocabulary.tokenize(kCode, false);
  HybridOptions how = hotset::test::in_mode(Mode::kExact);
  how.threads = 2;
  const auto decoder = hotset::test::open(model, how);
  hotset::Session session(*decoder, vocabulary);
  const auto say = [&](const GenerateOptions& options) {
    return session.generate(
        prompt, options, [](std::string_view) {}, kNever);
  };
  const Generation plain = say({.max_tokens = 60, .ignore_end_of_text = true});
  CHECK(drafted_of(plain) == 0);
  CHECK(plain.passes == 60);
  const Generation drafted = say({.max_tokens = 60, .ignore_end_of_text = true, .draft = true});
  CHECK(drafted.tokens == plain.tokens);
  CHECK(drafted.passes == 60 - accepted_of(drafted));
  CHECK(drafted_of(drafted) > 0);
  // What was said without drafts is not remembered.
  CHECK(drafted.drafts[static_cast<std::size_t>(hotset::DraftSource::kSaid)].drafted == 0);
  CHECK(drafted.cached_tokens == static_cast<int>(prompt.size()) - 1);
  CHECK(drafted.prefilled_tokens == 1);
  const Generation sampled = say({.max_tokens = 20,
                                  .ignore_end_of_text = true,
                                  .sampling = {.temperature = 1.0F, .seed = 1},
                                  .draft = true});
  CHECK(drafted_of(sampled) == 0);
  // What was verified and rejected is in nobody's way.
  CHECK(say({.max_tokens = 60, .ignore_end_of_text = true}).tokens == plain.tokens);
}

TEST_CASE("of two generations one at least is watched, however much is drafted") {
  const auto model = hotset::test::embedded_model();
  const Vocabulary vocabulary = hotset::test::load_vocabulary(model);
  const auto prompt = vocabulary.tokenize(kCode, false);
  const auto decoder = hotset::test::open(model, hotset::test::in_mode(Mode::kExact));
  hotset::Session session(*decoder, vocabulary);
  bool was_watched = true;
  for (int round = 0; round < 12; ++round) {
    // The same again, so that what was said is a draft without fault.
    const Generation said = session.generate(
        prompt, {.max_tokens = 6, .ignore_end_of_text = true, .draft = true}, [](std::string_view) {},
        kNever);
    CHECK((said.statistics.has_value() || was_watched));
    was_watched = said.statistics.has_value();
  }
}

TEST_CASE("libllama verifies drafts as well") {
  const auto vocabulary = hotset::test::load_vocabulary(hotset::test::embedded_model());
  auto model = hotset::load_llama_model(
      hotset::test::embedded_model(), hotset::LlamaModelPart::kEverything, [](double) {}, kNever);
  hotset::LlamaDecoder decoder(std::move(model), 512, 2);
  const auto prompt = vocabulary.tokenize(kCode, false);
  const GenerateOptions options{.max_tokens = 60, .ignore_end_of_text = true};
  const Generation plain = without_drafts(decoder, vocabulary, prompt, options);
  decoder.truncate(0);
  const Generation drafted = with_drafts(decoder, vocabulary, prompt, options);
  CHECK(drafted.tokens == plain.tokens);
  CHECK(drafted.passes == 60 - accepted_of(drafted));
}

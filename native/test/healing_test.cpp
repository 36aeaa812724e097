#include "decode/healing.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "decode/session.h"
#include "decoding.h"
#include "embedded_model.h"
#include "test_vocabulary.h"

using hotset::GenerateOptions;
using hotset::Generation;
using hotset::heal;
using hotset::HealedText;
using hotset::HeldBytes;
using hotset::Session;
using hotset::Token;
using hotset::Vocabulary;
using hotset::test::kNever;
using hotset::test::load_vocabulary;
using hotset::test::vocabulary_path;

namespace {

const std::string kCode =
    "import { readFile } from 'node:fs';\r\n\r\nclass Caf\u00E9 {\r\n\t\tget \u5E97\u8217\u540D() "
    "{ return `\U0001F600\U0001F468\u200D\U0001F469 ${this.name}`; }\r\n"
    "        for (const item of items)        if (item === undefined) continue;\n\n\n"
    "def total(values):\n    return sum(value ** 2 for value in values)  # \u5408\u8A08\n"
    "<|endoftext|><fim_prefix>\tstd::vector<std::pair<int, double>> pairs;\n";

bool is_character_boundary(const std::string& text, std::size_t at) {
  return at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
}

std::string joined(const Vocabulary& vocabulary, const std::vector<Token>& tokens) {
  std::string bytes;
  for (const Token token : tokens) bytes += vocabulary.piece(token);
  return bytes;
}

/// SentencePiece's space in front.
bool is_same_text(const std::string& said, const std::string& text) {
  return said == text || said == " " + text;
}

/// Logits that are as good as noise, but always the same for the same tokens.
class NoisyDecoder final : public hotset::Decoder {
 public:
  NoisyDecoder(int vocabulary_size, unsigned seed) : random_(seed) {
    logits_.resize(static_cast<std::size_t>(vocabulary_size));
  }

  hotset::DecoderDescription describe() const override {
    hotset::DecoderDescription description;
    description.context_length = 4096;
    return description;
  }
  int position() const override { return static_cast<int>(held.size()); }
  using Decoder::append;
  bool append(std::span<const Token> tokens, int /*outputs*/, const hotset::CancelFlag& /*cancel*/) override {
    held.insert(held.end(), tokens.begin(), tokens.end());
    for (float& logit : logits_) logit = static_cast<float>(random_() % 1000);
    return true;
  }
  std::span<const float> logits() const override { return logits_; }
  std::vector<float> all_logits(std::span<const Token> /*tokens*/) override { return {}; }
  void truncate(int position) override { held.resize(static_cast<std::size_t>(position)); }
  std::optional<hotset::DecodeStatistics> take_statistics() override { return std::nullopt; }

  std::vector<Token> held;

 private:
  std::mt19937 random_;
  std::vector<float> logits_;
};

Generation generate(Session& session, const std::vector<Token>& prompt, const GenerateOptions& options) {
  return session.generate(
      prompt, options, [](std::string_view) {}, kNever);
}

}  // namespace

TEST_CASE("a healed text is the text, cut wherever: tokens it begins with, and the bytes behind") {
  for (const char* name : {"qwen2", "llama-spm", "llama-bpe", "deepseek-coder", "starcoder", "refact"}) {
    CAPTURE(name);
    const Vocabulary vocabulary = load_vocabulary(vocabulary_path(name));
    int taken_back = 0;
    for (std::size_t cut = 0; cut <= kCode.size(); ++cut) {
      if (!is_character_boundary(kCode, cut)) continue;
      const std::string text = kCode.substr(0, cut);
      CAPTURE(text);
      const auto whole = vocabulary.tokenize(text, false);
      const HealedText healed = heal(vocabulary, text);
      CHECK(is_same_text(joined(vocabulary, healed.tokens) + healed.held, text));
      REQUIRE(healed.tokens.size() <= whole.size());
      CHECK(std::equal(healed.tokens.begin(), healed.tokens.end(), whole.begin()));
      CHECK((healed.held.empty() || vocabulary.index().has_longer(healed.held)));
      if (healed.tokens.size() < whole.size()) ++taken_back;
    }
    CHECK(taken_back > 100);
  }
}

TEST_CASE("tokens are taken back to where a longer one could begin, several where they must") {
  const Vocabulary vocabulary = load_vocabulary(vocabulary_path("qwen2"));
  CHECK(heal(vocabulary, "x = 1\n    retur").held == " retur");
  CHECK(heal(vocabulary, "").held.empty());
  CHECK(heal(vocabulary, "").tokens.empty());
  CHECK(heal(vocabulary, "f(\t\t\t\t").held == "\t\t\t\t");
  CHECK(heal(vocabulary, "a = 1;\r\n").held == ";\r\n");
  // Three tokens, of which one longer token could be made.
  const std::string cut = "if (x) { handl";
  CHECK(vocabulary.tokenize(" handl", false).size() > 1);
  CHECK(heal(vocabulary, cut).held == " handl");
}

TEST_CASE("what must be generated is never a control token, however its text begins") {
  const Vocabulary vocabulary = load_vocabulary(vocabulary_path("refact"));
  for (const char* text : {"<", "<fim", "<fim_", "<|endof", "<fim_prefix"}) {
    CAPTURE(text);
    const HeldBytes held(vocabulary, text);
    CHECK_FALSE(held.empty());
    CHECK(std::ranges::none_of(held.allowed(), [&](Token token) { return vocabulary.ends_text(token); }));
  }
}

TEST_CASE("whichever allowed tokens are taken, they spell the held bytes") {
  std::mt19937 random(1);
  for (const char* name : {"qwen2", "llama-spm", "deepseek-coder"}) {
    CAPTURE(name);
    const Vocabulary vocabulary = load_vocabulary(vocabulary_path(name));
    for (int i = 0; i < 200; ++i) {
      const std::string bytes = kCode.substr(random() % kCode.size(), 1 + random() % 12);
      CAPTURE(bytes);
      HeldBytes held(vocabulary, bytes);
      std::string said;
      std::string beyond;
      while (!held.empty()) {
        REQUIRE(beyond.empty());
        const Token token = held.allowed()[random() % held.allowed().size()];
        said += vocabulary.piece(token);
        beyond = held.take(token);
      }
      CHECK(said == bytes + beyond);
    }
  }
}

TEST_CASE("bytes that no token fits are said in the tokens they have") {
  // WordPiece has no token for a tab.
  const Vocabulary vocabulary = load_vocabulary(vocabulary_path("bert-bge"));
  const std::string bytes = "\t\x01walk";
  const auto exact = vocabulary.tokenize(bytes, false);
  REQUIRE(!exact.empty());
  HeldBytes held(vocabulary, bytes);
  std::vector<Token> said;
  while (!held.empty()) {
    said.push_back(held.allowed().front());
    CHECK(held.take(said.back()).empty());
  }
  CHECK(said == exact);
}

TEST_CASE("whatever the model would rather say, the document stays as it is") {
  for (const char* name : {"qwen2", "llama-spm", "deepseek-coder"}) {
    CAPTURE(name);
    const Vocabulary vocabulary = load_vocabulary(vocabulary_path(name));
    std::mt19937 random(7);
    for (unsigned seed = 0; seed < 60; ++seed) {
      std::size_t cut = 1 + random() % kCode.size();
      while (!is_character_boundary(kCode, cut)) --cut;
      const std::string text = kCode.substr(0, cut);
      CAPTURE(text);
      const HealedText healed = heal(vocabulary, "prefix " + text);
      NoisyDecoder decoder(vocabulary.size(), seed);
      Session session(decoder, vocabulary);
      const Generation generation =
          generate(session, healed.tokens,
                   {.max_tokens = 3,
                    .sampling = {.temperature = seed % 2 == 0 ? 0.0F : 1.0F, .seed = seed},
                    .held = healed.held});
      std::vector<Token> said = decoder.held;
      if (generation.stop_reason == hotset::StopReason::kMaxTokens) said.push_back(generation.tokens.back());
      const std::string document = joined(vocabulary, said);
      const std::size_t begin = document.starts_with(" prefix") ? 1 : 0;
      CHECK(document.substr(begin).starts_with("prefix " + text));
      // What the last token left of a character is no text yet; other bytes may be no characters at all.
      const std::string behind = document.substr(begin + 7 + text.size());
      CHECK(generation.tokens.size() == generation.text_ends.size());
      if (std::ranges::all_of(behind, [](char byte) { return static_cast<unsigned char>(byte) < 0x80; })) {
        CHECK(generation.text == behind);
      }
    }
  }
}

TEST_CASE("held to the beginning of what it would say anyway, the embedded model says the same") {
  const auto model = hotset::test::embedded_model();
  const Vocabulary vocabulary = load_vocabulary(model);
  const auto decoder = hotset::test::open(model, {});
  Session session(*decoder, vocabulary);
  const auto prompt = vocabulary.tokenize("/** The sum of all values. */\nexport function sum(", false);
  const Generation whole = generate(session, prompt, {.max_tokens = 24});
  REQUIRE(whole.text.size() > 20);
  for (std::size_t cut = 1; cut < 20; ++cut) {
    if (!is_character_boundary(whole.text, cut)) continue;
    CAPTURE(cut);
    const std::string held = whole.text.substr(0, cut);
    const Generation rest = generate(session, prompt, {.max_tokens = 12, .held = held});
    const std::string text = held + rest.text;
    CHECK(text == whole.text.substr(0, text.size()));
    // Those that lie within the held bytes are not told.
    const auto begin =
        std::ranges::find_if(whole.text_ends, [&](int end) { return end > static_cast<int>(cut); });
    const auto first = static_cast<std::size_t>(begin - whole.text_ends.begin());
    REQUIRE(rest.tokens.size() == 12);
    CHECK(std::equal(rest.tokens.begin(), rest.tokens.begin() + 8,
                     whole.tokens.begin() + static_cast<std::ptrdiff_t>(first)));
    // Of fewer tokens each is more probable, and behind the held bytes all are asked again.
    CHECK(rest.token_probabilities.front() >= whole.token_probabilities[first] * 0.999F);
    CHECK(rest.token_probabilities[1] == doctest::Approx(whole.token_probabilities[first + 1]).epsilon(0.01));
  }
}

#include "decode/session.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <thread>
#include <utility>

#include "error.h"
#include "test_vocabulary.h"

using hotset::CancelFlag;
using hotset::Generation;
using hotset::Session;
using hotset::StopReason;
using hotset::Token;
using hotset::Vocabulary;

namespace {

const Vocabulary& vocabulary() {
  static const Vocabulary loaded = hotset::test::load_vocabulary(hotset::test::vocabulary_path("llama-spm"));
  return loaded;
}

std::vector<Token> tokens_of(const std::string& text) { return vocabulary().tokenize(text, false); }

/// The token of SentencePiece's byte fallback.
Token byte_token(unsigned char byte) { return byte + 3; }

constexpr Token kLineFeed = 13;
constexpr Token kEndOfText = 2;

/// Says the tokens of a script one after another, whatever it is asked, and keeps a record of what it is
/// asked.
class ScriptedDecoder final : public hotset::Decoder {
 public:
  explicit ScriptedDecoder(std::vector<Token> script, int context_length = 100)
      : script_(std::move(script)), context_length_(context_length) {}

  hotset::DecoderDescription describe() const override {
    hotset::DecoderDescription description;
    description.context_length = context_length_;
    return description;
  }
  int position() const override { return static_cast<int>(held.size()); }
  using Decoder::append;
  bool append(std::span<const Token> tokens, int wanted, const CancelFlag& cancel) override {
    appended.emplace_back(tokens.begin(), tokens.end());
    outputs.push_back(wanted);
    const std::size_t before = held.size();
    for (const Token token : tokens) {
      if (before_token) before_token();
      if (cancel) {
        if (loses_unfinished_steps) held.resize(before);
        return false;
      }
      held.push_back(token);
    }
    if (wanted > 0) speak();
    return true;
  }
  std::span<const float> logits() const override { return logits_; }
  std::vector<float> all_logits(std::span<const Token> tokens) override {
    held.assign(tokens.begin(), tokens.end());
    std::vector<float> logits(tokens.size() * static_cast<std::size_t>(vocabulary().size()), 0.5F);
    return logits;
  }
  void truncate(int position) override {
    if (forgets_parts || position == this->position()) {
      held.resize(static_cast<std::size_t>(position));
    } else {
      held.clear();
    }
  }
  std::optional<hotset::DecodeStatistics> take_statistics() override {
    return std::exchange(statistics, std::nullopt);
  }

  /// Starts the script anew.
  void say(std::vector<Token> script) {
    script_ = std::move(script);
    next_ = 0;
  }

  std::vector<Token> held;
  std::vector<std::vector<Token>> appended;
  std::vector<int> outputs;  ///< of each of them
  std::function<void()> before_token;
  bool forgets_parts = true;
  bool loses_unfinished_steps = false;
  std::optional<hotset::DecodeStatistics> statistics;

 private:
  void speak() {
    logits_.assign(static_cast<std::size_t>(vocabulary().size()), 0.0F);
    const Token token = next_ < script_.size() ? script_[next_++] : kEndOfText;
    logits_[static_cast<std::size_t>(token)] = 20.0F;
  }

  std::vector<Token> script_;
  std::size_t next_ = 0;
  int context_length_;
  std::vector<float> logits_;
};

struct Run {
  Generation generation;
  std::vector<std::string> pieces;
};

Run run(Session& session, const std::vector<Token>& prompt,
        const hotset::GenerateOptions& options = {.max_tokens = 50},
        const CancelFlag& cancel = CancelFlag{false}) {
  Run result;
  result.generation = session.generate(
      prompt, options, [&](std::string_view text) { result.pieces.emplace_back(text); }, cancel);
  return result;
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string text;
  for (const auto& piece : pieces) text += piece;
  return text;
}

}  // namespace

TEST_CASE("a completion runs to the end of text, and its pieces are its text") {
  const auto said = tokens_of("return total");
  ScriptedDecoder decoder(said);
  Session session(decoder, vocabulary());
  const auto [generation, pieces] = run(session, tokens_of("def f():"));
  CHECK(generation.stop_reason == StopReason::kEndOfText);
  CHECK(generation.text == " return total");
  CHECK(generation.tokens == said);
  CHECK(generation.token_probabilities.size() == said.size());
  CHECK(generation.token_probabilities.front() > 0.99F);
  CHECK(joined(pieces) == generation.text);
  CHECK(generation.prompt_tokens == static_cast<int>(tokens_of("def f():").size()));
  CHECK(generation.time_to_first_token >= generation.prefill);
}

TEST_CASE("every token tells how far the text reached with it, and how probable the end was") {
  SUBCASE("a character of two byte tokens ends with the second") {
    ScriptedDecoder decoder({byte_token('a'), byte_token(0xC3), byte_token(0xA9), byte_token('b')});
    Session session(decoder, vocabulary());
    const Generation generation = run(session, {10}).generation;
    REQUIRE(generation.text == "a\u00e9b");
    CHECK(generation.text_ends == std::vector<std::int32_t>{1, 1, 3, 4});
    REQUIRE(generation.end_probability);
    // The scripted logits: 20 for the token said, 0 for all others.
    CHECK(*generation.end_probability == doctest::Approx(1.0 / (1.0 + 31999.0 * std::exp(-20.0))));
  }
  SUBCASE("the line feed that reaches the limit adds nothing, and is no end of the model's own") {
    ScriptedDecoder decoder({byte_token('a'), byte_token('\n'), byte_token('b')});
    Session session(decoder, vocabulary());
    const Generation generation = run(session, {10}, {.max_tokens = 50, .max_lines = 1}).generation;
    CHECK(generation.text_ends == std::vector<std::int32_t>{1, 1});
    CHECK_FALSE(generation.end_probability);
  }
}

TEST_CASE("the longest common prefix with what the KV cache holds is not computed again") {
  ScriptedDecoder decoder({40, 41});
  Session session(decoder, vocabulary());
  run(session, {10, 11, 12, 13});
  REQUIRE(decoder.held == std::vector<Token>{10, 11, 12, 13, 40, 41});

  SUBCASE("a longer prompt computes only what is new") {
    decoder.appended.clear();
    CHECK(run(session, {10, 11, 12, 13, 14, 15}).generation.cached_tokens == 4);
    CHECK(decoder.appended.front() == std::vector<Token>{14, 15});
  }
  SUBCASE("generated tokens that were accepted are reused too") {
    decoder.appended.clear();
    CHECK(run(session, {10, 11, 12, 13, 40, 41, 16}).generation.cached_tokens == 6);
    CHECK(decoder.appended.front() == std::vector<Token>{16});
  }
  SUBCASE("the same prompt computes its last token alone") {
    decoder.appended.clear();
    CHECK(run(session, {10, 11, 12, 13}).generation.cached_tokens == 3);
    CHECK(decoder.appended.front() == std::vector<Token>{13});
  }
  SUBCASE("a change in the middle computes everything behind it") {
    decoder.appended.clear();
    CHECK(run(session, {10, 99, 12, 13}).generation.cached_tokens == 1);
    CHECK(decoder.appended.front() == std::vector<Token>{99, 12, 13});
  }
  SUBCASE("a prompt with nothing in common computes everything") {
    CHECK(run(session, {50, 51}).generation.cached_tokens == 0);
    CHECK(decoder.held == std::vector<Token>{50, 51});
  }
}

TEST_CASE("a decoder that cannot forget a part computes the whole prompt again") {
  ScriptedDecoder decoder({40, 41});
  decoder.forgets_parts = false;
  Session session(decoder, vocabulary());
  run(session, {10, 11, 12});
  decoder.appended.clear();
  const auto again = run(session, {10, 11, 12, 13});
  CHECK(again.generation.cached_tokens == 0);
  CHECK(decoder.appended.front() == std::vector<Token>{10, 11, 12, 13});
}

TEST_CASE("a completion stops at its limit of tokens, the last of which is not computed") {
  ScriptedDecoder decoder({40, 41, 42, 43});
  Session session(decoder, vocabulary());
  const auto [generation, pieces] = run(session, {10}, {.max_tokens = 2});
  CHECK(generation.stop_reason == StopReason::kMaxTokens);
  CHECK(generation.tokens == std::vector<Token>{40, 41});
  CHECK(decoder.held == std::vector<Token>{10, 40});
}

TEST_CASE("a completion stops at its limit of lines, cut before the line feed") {
  auto said = tokens_of("a = 1");
  said.insert(said.end(), {kLineFeed, byte_token('b'), byte_token('\n'), byte_token('c')});
  ScriptedDecoder decoder(said);
  Session session(decoder, vocabulary());
  SUBCASE("one line") {
    const auto [generation, pieces] = run(session, {10}, {.max_tokens = 50, .max_lines = 1});
    CHECK(generation.stop_reason == StopReason::kMaxLines);
    CHECK(generation.text == " a = 1");
    CHECK(joined(pieces) == generation.text);
  }
  SUBCASE("two lines, the second ended by a byte token") {
    const auto [generation, pieces] = run(session, {10}, {.max_tokens = 50, .max_lines = 2});
    CHECK(generation.stop_reason == StopReason::kMaxLines);
    CHECK(generation.text == " a = 1\nb");
    CHECK(joined(pieces) == generation.text);
  }
  SUBCASE("no limit") {
    const auto [generation, pieces] = run(session, {10});
    CHECK(generation.stop_reason == StopReason::kEndOfText);
    CHECK(generation.text == " a = 1\nb\nc");
  }
}

TEST_CASE("a completion stops at its limit of time, counted from the first token") {
  ScriptedDecoder decoder(std::vector<Token>(50, 40));
  decoder.before_token = [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
  Session session(decoder, vocabulary());
  const auto [generation, pieces] =
      run(session, std::vector<Token>(10, 10), {.max_tokens = 50, .max_time = std::chrono::milliseconds(80)});
  CHECK(generation.stop_reason == StopReason::kMaxTime);
  CHECK(generation.tokens.size() >= 2);
  CHECK(generation.tokens.size() <= 5);
  CHECK(generation.time_to_first_token.count() >= 200.0);
  CHECK(generation.decode.count() >= 80.0);
}

TEST_CASE("what it took to find that the text ends counts as decoding") {
  ScriptedDecoder decoder({40, kEndOfText});
  decoder.before_token = [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
  Session session(decoder, vocabulary());
  const auto [generation, pieces] = run(session, {10});
  CHECK(generation.tokens.size() == 1);
  CHECK(generation.passes == 2);
  CHECK(generation.decode.count() >= 20.0);
}

TEST_CASE("a completion stops when the context is full") {
  ScriptedDecoder decoder(std::vector<Token>(50, 40), 5);
  Session session(decoder, vocabulary());
  const auto [generation, pieces] = run(session, {10, 11, 12});
  CHECK(generation.stop_reason == StopReason::kContextFull);
  CHECK(decoder.held.size() == 5);
  CHECK(generation.tokens.size() == 3);
}

TEST_CASE("a prompt as long as the context gets one token") {
  ScriptedDecoder decoder({40, 41}, 3);
  Session session(decoder, vocabulary());
  CHECK(run(session, {10, 11, 12}).generation.tokens == std::vector<Token>{40});
}

TEST_CASE("cancelling inside a prefill keeps what was computed for the next prompt") {
  ScriptedDecoder decoder({40});
  CancelFlag cancel{false};
  int computed = 0;
  decoder.before_token = [&] { cancel = ++computed > 2; };
  Session session(decoder, vocabulary());
  const auto cancelled = run(session, {10, 11, 12, 13}, {.max_tokens = 5}, cancel);
  CHECK(cancelled.generation.stop_reason == StopReason::kCancelled);
  CHECK(cancelled.generation.tokens.empty());
  CHECK(decoder.held == std::vector<Token>{10, 11});

  decoder.before_token = nullptr;
  CHECK(run(session, {10, 11, 12, 13}).generation.cached_tokens == 2);
}

TEST_CASE("a long prefill that is cancelled keeps its chunks, whoever asked for it") {
  ScriptedDecoder decoder({40}, 400);
  CancelFlag cancel{false};
  decoder.loses_unfinished_steps = true;
  decoder.before_token = [&] { cancel = decoder.appended.size() == 3; };
  Session session(decoder, vocabulary());
  const std::vector<Token> prompt(300, 10);
  SUBCASE("a completion") {
    const auto cancelled = run(session, prompt, {.max_tokens = 5}, cancel).generation;
    CHECK(cancelled.stop_reason == StopReason::kCancelled);
    CHECK(cancelled.prefilled_tokens == static_cast<int>(decoder.held.size()));
  }
  SUBCASE("a prefill") {
    const hotset::Prefill cancelled = session.prefill(prompt, "", cancel);
    CHECK_FALSE(cancelled.is_whole);
    CHECK(cancelled.computed_tokens == static_cast<int>(decoder.held.size()));
  }
  REQUIRE(decoder.appended.size() == 3);
  const std::size_t kept = decoder.appended[0].size() + decoder.appended[1].size();
  CHECK(decoder.held.size() == kept);
  decoder.before_token = nullptr;
  const auto whole = run(session, prompt).generation;
  CHECK(whole.cached_tokens == static_cast<int>(kept));
  CHECK(whole.prefilled_tokens == 300 - static_cast<int>(kept));
}

TEST_CASE("a prefill that is called off at every key gets on all the same") {
  ScriptedDecoder decoder({40}, 400);
  decoder.loses_unfinished_steps = true;
  Session session(decoder, vocabulary());
  const std::vector<Token> prompt(300, 10);
  std::size_t before = 0;
  for (int key = 0; key < 5; ++key) {
    CancelFlag cancel{false};
    decoder.before_token = [&] { cancel = true; };
    CHECK_FALSE(session.prefill(prompt, "", cancel).is_whole);
    CHECK(decoder.held.size() > before);
    before = decoder.held.size();
  }
}

TEST_CASE("what was prefilled is not computed again") {
  ScriptedDecoder decoder({40}, 400);
  Session session(decoder, vocabulary());
  const CancelFlag never{false};
  const std::vector<Token> prompt(300, 10);
  const hotset::Prefill prefill = session.prefill(prompt, "", never);
  CHECK(prefill.is_whole);
  CHECK(prefill.computed_tokens == 300);
  CHECK(std::ranges::all_of(decoder.outputs, [](int outputs) { return outputs == 0; }));
  CHECK(session.prefill(prompt, "", never).computed_tokens == 0);
  CHECK(run(session, prompt).generation.cached_tokens == 299);
  CHECK(decoder.outputs.back() == 1);
  CHECK_THROWS_AS(session.prefill({}, "", never), hotset::Error);
}

TEST_CASE("cancelling while decoding ends with what was generated so far") {
  ScriptedDecoder decoder(std::vector<Token>(50, 40));
  CancelFlag cancel{false};
  Session session(decoder, vocabulary());
  int pieces = 0;
  const auto generation = session.generate(
      std::vector<Token>{10}, {.max_tokens = 50}, [&](std::string_view) { cancel = ++pieces == 3; }, cancel);
  CHECK(generation.stop_reason == StopReason::kCancelled);
  CHECK(generation.tokens.size() == 3);
}

TEST_CASE("a completion cancelled before it began computes nothing") {
  ScriptedDecoder decoder({40});
  Session session(decoder, vocabulary());
  const CancelFlag cancel{true};
  CHECK(run(session, {10}, {.max_tokens = 5}, cancel).generation.stop_reason == StopReason::kCancelled);
  CHECK(decoder.appended.empty());
}

TEST_CASE("a character of several byte tokens comes in one piece") {
  ScriptedDecoder decoder(
      {byte_token(0xF0), byte_token(0x9F), byte_token(0x98), byte_token(0x80), byte_token('!')});
  Session session(decoder, vocabulary());
  const auto [generation, pieces] = run(session, {10});
  CHECK(pieces == std::vector<std::string>{"\U0001F600", "!"});
  CHECK(generation.text == "\U0001F600!");
}

TEST_CASE("a character that the last token leaves unfinished is left out") {
  ScriptedDecoder decoder({byte_token('a'), byte_token(0xC3), byte_token(0xA9)});
  Session session(decoder, vocabulary());
  CHECK(run(session, {10}, {.max_tokens = 2}).generation.text == "a");
}

TEST_CASE("a benchmark decodes on through the end of text") {
  ScriptedDecoder decoder({kEndOfText, kEndOfText, kEndOfText});
  Session session(decoder, vocabulary());
  const auto [generation, pieces] = run(session, {10}, {.max_tokens = 3, .ignore_end_of_text = true});
  CHECK(generation.tokens.size() == 3);
  CHECK(generation.text.empty());
}

TEST_CASE("statistics are those of the decoded tokens, not of the prefill") {
  ScriptedDecoder decoder({40, 41});
  Session session(decoder, vocabulary());
  int appends = 0;
  decoder.before_token = [&] {
    decoder.statistics = hotset::DecodeStatistics{.activity = ++appends == 1 ? 0.9 : 0.1};
  };
  const auto statistics = run(session, {10}).generation.statistics;
  REQUIRE(statistics);
  CHECK(statistics->activity == 0.1);
}

TEST_CASE("logits of a fresh sequence leave nothing behind") {
  ScriptedDecoder decoder({40});
  Session session(decoder, vocabulary());
  run(session, {10, 11});
  const std::vector<Token> tokens{20, 21};
  CHECK(session.all_logits(tokens).size() == 2 * static_cast<std::size_t>(vocabulary().size()));
  CHECK(decoder.held.empty());
  CHECK(run(session, {20, 21, 22}).generation.cached_tokens == 0);
}

TEST_CASE("bad requests are refused with one line") {
  ScriptedDecoder decoder({40}, 4);
  Session session(decoder, vocabulary());
  CHECK_THROWS_WITH_AS(run(session, {}), "the prompt is empty: give at least one token", hotset::Error);
  CHECK_THROWS_WITH_AS(
      run(session, {1, 2, 3, 4, 5}),
      "the prompt has 5 tokens, the context holds 4: shorten the prompt or choose a longer context",
      hotset::Error);
  CHECK_THROWS_WITH_AS(run(session, {32000}), "the model has no token 32000: its vocabulary holds 32000",
                       hotset::Error);
  CHECK_THROWS_WITH_AS(run(session, {-1}), "the model has no token -1: its vocabulary holds 32000",
                       hotset::Error);
  CHECK_THROWS_WITH_AS(run(session, {10}, {.max_tokens = 0}), "maxTokens must be at least 1", hotset::Error);
  CHECK_THROWS_WITH_AS(run(session, {10}, {.max_tokens = 1, .max_lines = -1}),
                       "maxLines must not be negative", hotset::Error);
  CHECK(decoder.appended.empty());
}

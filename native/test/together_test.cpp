// Several texts in one pass: by the decoder, and as generations.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "decode/open_model.h"
#include "decode/session.h"
#include "embedded_model.h"
#include "error.h"
#include "neurons/profile.h"
#include "scratch_file.h"
#include "sparse_models.h"

namespace {

using hotset::Activation;
using hotset::CancelFlag;
using hotset::DecodeStatistics;
using hotset::GenerateOptions;
using hotset::Generation;
using hotset::HybridOptions;
using hotset::Mode;
using hotset::NextToken;
using hotset::Selection;
using hotset::SelectionCurve;
using hotset::StopReason;
using hotset::Threshold;
using hotset::Token;
using hotset::test::best;
using hotset::test::in_mode;
using hotset::test::kNever;
using hotset::test::open;
using hotset::test::ScratchFile;

constexpr int kTexts = 16;
constexpr int kPrompt = 20;

std::size_t index(int number) { return static_cast<std::size_t>(number); }

/// Of another beginning and another length for each text.
std::vector<Token> prompt_of(int text) {
  std::vector<Token> tokens(index(kPrompt + 7 * text));
  int place = 0;
  for (Token& token : tokens) {
    token = (place * place * (text + 3) + 5 * text + 3) % 500;
    ++place;
  }
  return tokens;
}

/// Tokens that each text has behind its prompt: they do not all end at once.
int count_of(int text) { return 12 + 3 * text; }

/// What a decoder says behind a prompt: the logits behind every token, and what it counted.
struct Said {
  std::vector<std::vector<float>> logits;
  DecodeStatistics statistics;
};

Said alone(const std::filesystem::path& path, const HybridOptions& options, int text) {
  const auto decoder = open(path, options);
  Said said;
  REQUIRE(decoder->append(prompt_of(text), kNever));
  decoder->restart_statistics();
  for (int i = 0; i < count_of(text); ++i) {
    said.logits.emplace_back(decoder->logits().begin(), decoder->logits().end());
    const Token token = best(said.logits.back());
    REQUIRE(decoder->append({&token, 1}, kNever));
  }
  said.statistics = decoder->take_statistics().value_or(DecodeStatistics{});
  return said;
}

std::vector<Said> together(const std::filesystem::path& path, HybridOptions options) {
  options.contexts = kTexts;
  const auto decoder = open(path, options);
  REQUIRE(decoder->most_together() == kTexts);
  std::vector<Said> said(kTexts);
  for (int text = 0; text < kTexts; ++text) {
    decoder->select(text);
    REQUIRE(decoder->append(prompt_of(text), kNever));
    decoder->restart_statistics_of(text);
    said[index(text)].logits.emplace_back(decoder->logits().begin(), decoder->logits().end());
  }
  for (int step = 0;; ++step) {
    std::vector<NextToken> next;
    for (int text = 0; text < kTexts; ++text) {
      if (step >= count_of(text)) continue;
      next.push_back({.sequence = text, .token = best(said[index(text)].logits.back())});
    }
    if (next.empty()) break;
    std::rotate(next.begin(), next.begin() + step % static_cast<int>(next.size()), next.end());
    REQUIRE(decoder->append_each(next, kNever));
    const auto logits = decoder->logits();
    const std::size_t width = logits.size() / next.size();
    for (std::size_t row = 0; row < next.size(); ++row) {
      const auto own = logits.subspan(row * width, width);
      said[index(next[row].sequence)].logits.emplace_back(own.begin(), own.end());
    }
  }
  for (int text = 0; text < kTexts; ++text) {
    said[index(text)].statistics = decoder->take_statistics_of(text).value_or(DecodeStatistics{});
  }
  return said;
}

/// sampled: whether every text's recall is of the same tokens.
void check_same(const std::filesystem::path& path, const HybridOptions& options, bool sampled = true) {
  const std::vector<Said> all = together(path, options);
  for (int text = 0; text < kTexts; ++text) {
    CAPTURE(text);
    const Said expected = alone(path, options, text);
    const Said& said = all[index(text)];
    REQUIRE(said.logits.size() == expected.logits.size() + 1);
    for (std::size_t i = 0; i < expected.logits.size(); ++i) {
      CAPTURE(i);
      REQUIRE(said.logits[i] == expected.logits[i]);
    }
    if (options.mode == Mode::kDense) continue;  // what dense passes over several tokens do is not counted
    const auto value = [](const std::optional<double>& share) { return share.value_or(-1.0); };
    CHECK(value(said.statistics.computed) == doctest::Approx(value(expected.statistics.computed)));
    CHECK(value(said.statistics.activity) == doctest::Approx(value(expected.statistics.activity)));
    CHECK(said.statistics.recall.has_value() == expected.statistics.recall.has_value());
    if (!sampled || !expected.statistics.recall) continue;
    CHECK(*said.statistics.recall == doctest::Approx(*expected.statistics.recall));
  }
}

/// A SiLU model and a profile of it that is not quite right, so that what follows a text has something to do.
struct Thresholded {
  ScratchFile file;
  ScratchFile profile;

  Thresholded() {
    write_synthetic_model(hotset::test::sparse_model(Activation::kSilu, GGML_TYPE_F16), file.path());
    hotset::Profile guessed;
    guessed.corpus = "another text";
    guessed.tokens = 1;
    guessed.sparsity = 0.5F;
    guessed.frequencies.assign(4, std::vector<float>(768, 0.1F));
    for (const auto& [name, selection] : hotset::kSelections) {
      const float highest = selection == Selection::kProduct ? 6.0F : 1.5F;
      SelectionCurve curve;
      for (int i = 0; i <= 100; ++i) {
        curve.scores.push_back(static_cast<float>(i) * highest / 100.0F);
        curve.left_out.push_back(static_cast<float>(i * i) / 10000.0F);
      }
      guessed.curves[hotset::index_of(selection)].assign(4, curve);
    }
    guessed.gate_weights.assign(4, std::vector<float>(768, 1.0F));
    guessed.write(profile.path());
  }

  HybridOptions options(Selection selection, Threshold::By by, double at) const {
    HybridOptions options =
        hotset::test::thresholded_by(profile.path(), selection, Threshold{.by = by, .at = at});
    options.threads = 2;
    return options;
  }
};

TEST_CASE("sixteen texts in one pass are what each is alone, to the bit") {
  for (const Mode mode : {Mode::kDense, Mode::kExact}) {
    CAPTURE(hotset::mode_name(mode));
    HybridOptions options = in_mode(mode);
    options.context_length = 256;
    options.threads = 2;
    check_same(hotset::test::embedded_model(), options);
  }
}

TEST_CASE("thresholds that follow a text follow each of sixteen in one pass by itself") {
  const Thresholded model;
  const auto check = [&](Selection selection, Threshold::By by, double at, bool sampled) {
    CAPTURE(hotset::name_of(selection));
    CAPTURE(static_cast<int>(by));
    check_same(model.file.path(), model.options(selection, by, at), sampled);
  };
  check(Selection::kProduct, Threshold::By::kShare, 0.5, true);
  check(Selection::kProduct, Threshold::By::kDynamicMass, 0.8, true);
  check(Selection::kProduct, Threshold::By::kEntropy, 0.4, true);
  check(Selection::kProduct, Threshold::By::kTop, 0.6, true);
  check(Selection::kProduct, Threshold::By::kTokenMass, 0.7, true);
  // Of these one layer of one text has its turn.
  check(Selection::kGate, Threshold::By::kShare, 0.3, false);
  check(Selection::kWeighted, Threshold::By::kShare, 0.3, false);
}

TEST_CASE("what looks at one text alone goes on with one at a time") {
  const Thresholded model;
  using By = Threshold::By;
  CHECK(open(model.file.path(), model.options(Selection::kGate, By::kDynamicMass, 0.8))->most_together() ==
        1);
  CHECK(open(model.file.path(), model.options(Selection::kGate, By::kEntropy, 0.5))->most_together() == 1);
  CHECK(open(hotset::test::embedded_model(), in_mode(Mode::kPredicted))->most_together() == 1);
}

TEST_CASE("a pass over several texts that is called off leaves all of them as they were") {
  HybridOptions options = in_mode(Mode::kDense);
  options.context_length = 64;
  options.contexts = 2;
  const auto decoder = open(hotset::test::embedded_model(), options);
  const std::vector<Token> prompt = {5, 6, 7};
  for (const int text : {0, 1}) {
    decoder->select(text);
    REQUIRE(decoder->append(prompt, kNever));
  }
  const int room = decoder->room();
  const std::vector<NextToken> next = {{.sequence = 0, .token = 8}, {.sequence = 1, .token = 9}};
  const CancelFlag now{true};
  CHECK_FALSE(decoder->append_each(next, now));
  CHECK(decoder->position() == 3);
  CHECK(decoder->room() == room);
  CHECK(decoder->append_each(next, kNever));
  CHECK(decoder->position() == 4);
  CHECK(decoder->room() == room - 2);
  const std::vector<NextToken> unknown = {{.sequence = 0, .token = 1 << 30}};
  CHECK_THROWS_AS(decoder->append_each(unknown, kNever), hotset::Error);
  CHECK(decoder->room() == room - 2);
}

hotset::LoadedModel load(int parallel) {
  hotset::LoadOptions options;
  options.path = hotset::test::embedded_model();
  options.decoder = hotset::DecoderChoice::kHybrid;
  options.mode = Mode::kDense;
  options.context_length = 256;
  options.parallel = parallel;
  options.threads = 2;
  return hotset::open_model(
      options, [](double) {}, kNever);
}

const std::vector<std::string> kTextsOfCode = {
    "export function area(width: number, height: number): number {\n",
    "def mean(values):\n    ",
    "for (let i = 0; i < ",
    "import { readFileSync } from ",
    "class Stack:\n    def __init__(self):\n",
    "export const sum = (numbers: number[]) =>",
    "if __name__ == ",
    "const names = new Map<string, ",
    "def factorial(n):\n    if n",
    "export interface Options {\n  readonly "};

struct Asked {
  std::vector<Token> prompt;
  GenerateOptions options;
};

Asked asked(const hotset::Vocabulary& vocabulary, std::size_t number) {
  const hotset::HealedText healed = hotset::heal(vocabulary, kTextsOfCode[number]);
  GenerateOptions options{.max_tokens = 5 + 6 * static_cast<int>(number), .held = healed.held};
  if (number == 3) {
    options.sampling.temperature = 0.8F;
    options.sampling.seed = 11;
  }
  return {.prompt = healed.tokens, .options = options};
}

TEST_CASE("generations together are those of each alone, more than fit a pass among them") {
  const hotset::LoadedModel model = load(3);
  hotset::Session session(*model.decoder, model.vocabulary);
  REQUIRE(session.most_together() == 3);
  // Something else that was computed before and takes room.
  const std::vector<Token> other(200, 7);
  session.prefill(other, "a document", kNever);
  std::vector<Generation> said(kTextsOfCode.size());
  std::vector<std::string> told(kTextsOfCode.size());
  for (std::size_t number = 0; number < kTextsOfCode.size(); ++number) {
    const auto [prompt, options] = asked(model.vocabulary, number);
    session.together().add({.prompt = prompt,
                            .options = options,
                            .on_text = [&told, number](std::string_view text) { told[number] += text; },
                            .cancel = std::make_shared<const CancelFlag>(false),
                            .on_end = [&said, number](Generation one) { said[number] = std::move(one); },
                            .on_failure = [](const std::exception_ptr&) { FAIL("it failed"); }});
  }
  session.together().run();
  const hotset::LoadedModel again = load(1);
  hotset::Session one(*again.decoder, again.vocabulary);
  for (std::size_t number = 0; number < kTextsOfCode.size(); ++number) {
    CAPTURE(kTextsOfCode[number]);
    const auto [prompt, options] = asked(again.vocabulary, number);
    const Generation expected = one.generate(
        prompt, options, [](std::string_view) {}, kNever);
    CHECK(said[number].tokens == expected.tokens);
    CHECK(said[number].token_probabilities == expected.token_probabilities);
    CHECK(said[number].text == expected.text);
    CHECK(told[number] == expected.text);
    CHECK(said[number].stop_reason == expected.stop_reason);
    CHECK(said[number].prompt_tokens == expected.prompt_tokens);
  }
}

/// Continues a prompt as the only one of a batch. kept: see GenerateOptions. Throws what it failed with.
Generation continued(hotset::Session& session, std::vector<std::byte> kept) {
  Generation said;
  std::exception_ptr failed;
  GenerateOptions options{.max_tokens = 24, .ignore_end_of_text = true};
  options.keep_prompt = kept.empty();
  options.kept_prompt = std::move(kept);
  session.together().add({.prompt = prompt_of(1),
                          .options = options,
                          .on_text = [](std::string_view) {},
                          .cancel = std::make_shared<const CancelFlag>(false),
                          .on_end = [&said](Generation one) { said = std::move(one); },
                          .on_failure = [&failed](const std::exception_ptr& failure) { failed = failure; }});
  session.together().run();
  if (failed) std::rethrow_exception(failed);
  return said;
}

TEST_CASE("what one decoder kept of a prompt another goes on from as from its own") {
  const Thresholded model;
  const hotset::LoadedModel embedded = load(2);  // for its vocabulary
  HybridOptions dense = in_mode(Mode::kDense);
  HybridOptions sparse = model.options(Selection::kProduct, Threshold::By::kShare, 0.5);
  for (HybridOptions* options : {&dense, &sparse}) {
    options->context_length = 128;
    options->contexts = 2;
  }
  const auto of = [&](const HybridOptions& options) { return open(model.file.path(), options); };
  const std::array decoders = {of(dense), of(sparse), of(sparse)};
  hotset::Session whole(*decoders[0], embedded.vocabulary);
  hotset::Session alone(*decoders[1], embedded.vocabulary);
  hotset::Session other(*decoders[2], embedded.vocabulary);

  const Generation first = continued(whole, {});
  REQUIRE_FALSE(first.kept_prompt.empty());
  const Generation own = continued(alone, {});
  CHECK(own.kept_prompt == first.kept_prompt);
  CHECK(own.tokens != first.tokens);

  const auto check_taken_over = [&] {
    const Generation taken_over = continued(other, first.kept_prompt);
    CHECK(taken_over.prefilled_tokens == 1);
    CHECK(taken_over.kept_prompt.empty());
    CHECK(taken_over.tokens == own.tokens);
    CHECK(taken_over.token_probabilities == own.token_probabilities);
  };
  check_taken_over();
  const std::vector<std::byte> too_few(first.kept_prompt.begin(), first.kept_prompt.end() - 1);
  CHECK_THROWS_AS(continued(other, too_few), hotset::Error);
  check_taken_over();
}

TEST_CASE("one of several generations is called off or fails, and none beside it") {
  const hotset::LoadedModel model = load(4);
  hotset::Session session(*model.decoder, model.vocabulary);
  std::vector<std::string> ends(4);
  const auto add = [&](std::size_t number, std::vector<Token> prompt, std::shared_ptr<CancelFlag> cancel,
                       const hotset::TextSink& on_text) {
    GenerateOptions options{.max_tokens = 30, .ignore_end_of_text = true};
    session.together().add(
        {.prompt = std::move(prompt),
         .options = options,
         .on_text = on_text,
         .cancel = std::move(cancel),
         .on_end =
             [&ends, number](const Generation& one) {
               ends[number] = std::to_string(one.tokens.size()) +
                              (one.stop_reason == StopReason::kCancelled ? " cancelled" : "");
             },
         .on_failure = [&ends, number](const std::exception_ptr&) { ends[number] = "failed"; }});
  };
  const auto ignore = [](std::string_view) {};
  const auto cancel = std::make_shared<CancelFlag>(false);
  int pieces = 0;
  add(0, {5, 6, 7}, std::make_shared<CancelFlag>(false), ignore);
  add(1, {8, 9}, cancel, [&](std::string_view) { *cancel = ++pieces == 6; });
  add(2, {1 << 30}, std::make_shared<CancelFlag>(false), ignore);
  add(3, {10}, std::make_shared<CancelFlag>(true), ignore);
  session.together().run();
  CHECK(ends[0] == "30");
  CHECK(ends[1].ends_with(" cancelled"));
  CHECK(pieces == 6);
  CHECK(ends[2] == "failed");
  CHECK(ends[3] == "0 cancelled");
}

}  // namespace

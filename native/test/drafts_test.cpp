#include "decode/drafts.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "decode/draft_length.h"
#include "test_vocabulary.h"

using hotset::choose_draft;
using hotset::Draft;
using hotset::DraftExperience;
using hotset::Drafts;
using hotset::DraftSource;
using hotset::PassCost;
using hotset::SaidTokens;
using hotset::Token;
using hotset::Vocabulary;

namespace {

const Vocabulary& vocabulary() {
  static const Vocabulary loaded = hotset::test::load_vocabulary(hotset::test::vocabulary_path("refact"));
  return loaded;
}

std::vector<Token> tokens_of(const std::string& text) { return vocabulary().tokenize(text, false); }

Drafts drafts_of(const std::vector<Token>& prompt, const std::string& held = "") {
  static const SaidTokens nothing;
  return {vocabulary(), prompt, held, nothing};
}

/// Of one source; empty where there is none.
Draft draft_from(DraftSource source, const Drafts& drafts, std::size_t most) {
  const auto all = drafts.next(most);
  const auto found = std::ranges::find(all, source, &Draft::source);
  return found == all.end() ? Draft{.source = source, .matched = 0, .tokens = {}} : *found;
}

std::vector<Token> from_prompt(const Drafts& drafts, std::size_t most) {
  return draft_from(DraftSource::kPrompt, drafts, most).tokens;
}

/// Passes of 1 to 8 tokens that take so many seconds.
PassCost costs(const std::vector<double>& seconds) {
  PassCost cost;
  for (int round = 0; round < 40; ++round) {
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      cost.learn(static_cast<int>(i) + 1, PassCost::Seconds(seconds[i]));
    }
  }
  return cost;
}

Draft some_draft(std::size_t length, DraftSource source = DraftSource::kPrompt) {
  return {.source = source, .matched = 2, .tokens = std::vector<Token>(length, 1005)};
}

std::size_t length_of(const Draft& draft, int columns, const DraftExperience& experience) {
  return choose_draft(std::vector<Draft>{draft}, columns, experience).length;
}

/// That so many tokens of every draft were right, and no more.
void tell(DraftExperience& experience, const Draft& draft, std::size_t right) {
  std::vector<Token> said(draft.tokens.begin(), draft.tokens.begin() + static_cast<std::ptrdiff_t>(right));
  said.push_back(1006);
  experience.shares.learn(draft, said);
}

}  // namespace

TEST_CASE("what followed the longest match is drafted, and of equally long ones the latest") {
  const Drafts drafts = drafts_of(
      {1005, 1006, 1007, 1050, 1051, 1009, 1006, 1007, 1060, 1061, 1008, 1007, 1070, 1005, 1006, 1007});
  CHECK(from_prompt(drafts, 3) == std::vector<Token>{1050, 1051, 1009});
  CHECK(draft_from(DraftSource::kPrompt, drafts, 3).matched == 3);
  const Drafts latest = drafts_of({1007, 1050, 1007, 1060, 1007, 1070, 1007});
  CHECK(from_prompt(latest, 1) == std::vector<Token>{1070});
  CHECK(draft_from(DraftSource::kPrompt, latest, 1).matched == 1);
}

TEST_CASE("what repeats itself is drafted on beyond its end") {
  const Drafts drafts = drafts_of({1005, 1006, 1007, 1006, 1007, 1006});
  CHECK(from_prompt(drafts, 5) == std::vector<Token>{1007, 1006, 1007, 1006, 1007});
}

TEST_CASE("what is generated is matched like the prompt") {
  Drafts drafts = drafts_of({1005, 1006});
  CHECK(drafts.next(4).empty());
  for (const Token token : {1040, 1041, 1042, 1040}) drafts.add(token);
  CHECK(from_prompt(drafts, 2) == std::vector<Token>{1041, 1042});
}

TEST_CASE("nothing is drafted beyond a mark of the prompt") {
  const Token middle = vocabulary().fim()->middle;
  CHECK(from_prompt(drafts_of({1005, 1006, middle, 1008, 1005}), 4) == std::vector<Token>{1006});
  CHECK(drafts_of({1005, middle, 1008, 1005}).next(4).empty());
}

TEST_CASE("what was said lately is drafted, though the prompt went on otherwise") {
  SaidTokens said;
  said.add(tokens_of("const width ="), tokens_of(" shape.width * scale;"));
  said.add(tokens_of("return"), tokens_of(" nothing"));
  Drafts drafts(vocabulary(), tokens_of("const height ="), "", said);
  CHECK(draft_from(DraftSource::kSaid, drafts, 8).tokens == tokens_of(" shape.width * scale;"));
  for (const Token token : tokens_of(" shape.height")) drafts.add(token);
  CHECK(draft_from(DraftSource::kSaid, drafts, 8).tokens.empty());
  for (const Token token : tokens_of(" *")) drafts.add(token);
  CHECK(draft_from(DraftSource::kSaid, drafts, 8).tokens == tokens_of(" scale;"));
}

TEST_CASE("what was said at one time does not run on into what was said at another") {
  SaidTokens said;
  said.add({}, std::vector<Token>{1005, 1006});
  said.add({}, std::vector<Token>{1007, 1008});
  const Drafts drafts(vocabulary(), std::vector<Token>{1005}, "", said);
  CHECK(draft_from(DraftSource::kSaid, drafts, 8).tokens == std::vector<Token>{1006});
  const Drafts at_end(vocabulary(), std::vector<Token>{1006}, "", said);
  CHECK(at_end.next(8).empty());
}

TEST_CASE("what was said long ago is forgotten") {
  SaidTokens said;
  said.add({}, std::vector<Token>{1005, 1006});
  for (int turn = 0; turn < 1'000; ++turn) said.add({}, std::vector<Token>{1007, 1008});
  CHECK(said.tokens().size() < 1'000);
  CHECK(Drafts(vocabulary(), std::vector<Token>{1005}, "", said).next(8).empty());
}

TEST_CASE("where bytes are held, only what fits them is drafted") {
  const std::string code = "x = total(values)\ny = other(values)\nz =";
  CHECK(from_prompt(drafts_of(tokens_of(code)), 2) == tokens_of(" other("));
  Drafts drafts = drafts_of(tokens_of(code), " to");
  CHECK(from_prompt(drafts, 1) == tokens_of(" total"));
  CHECK(draft_from(DraftSource::kHeld, drafts, 4).tokens == tokens_of(" to"));
  drafts.add(tokens_of(" total").front());
  CHECK(draft_from(DraftSource::kHeld, drafts, 4).tokens.empty());
  CHECK(from_prompt(drafts, 2) == tokens_of("(values"));
}

TEST_CASE("as many tokens are drafted as give most tokens a second") {
  DraftExperience experience;
  SUBCASE("further tokens cost nothing: all that there are") {
    experience.cost = costs({1, 1, 1, 1, 1, 1, 1, 1});
    CHECK(length_of(some_draft(7), 1, experience) == 7);
    CHECK(length_of(some_draft(3), 1, experience) == 3);
    CHECK(length_of(some_draft(7), 4, experience) == 4);
    CHECK(length_of(some_draft(7), 8, experience) == 0);
  }
  SUBCASE("each costs as much as the first: none") {
    experience.cost = costs({1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(length_of(some_draft(7), 1, experience) == 0);
  }
  SUBCASE("a step in the cost") {
    experience.cost = costs({1, 1.02, 1.04, 1.06, 2, 2, 2, 2});
    CHECK(length_of(some_draft(7), 1, experience) == 3);
  }
}

TEST_CASE("of several drafts the one that is right more often is taken") {
  DraftExperience experience;
  experience.cost = costs({1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35});
  const std::vector<Draft> drafts = {some_draft(4, DraftSource::kSaid), some_draft(4)};
  CHECK(choose_draft(drafts, 1, experience).draft == 0);
  for (int i = 0; i < 20; ++i) {
    tell(experience, drafts[0], 1);
    tell(experience, drafts[1], 3);
  }
  const auto choice = choose_draft(drafts, 1, experience);
  CHECK(choice.draft == 1);
  CHECK(choice.length == 3);
}

TEST_CASE("drafts that are always wrong are soon left, and cost next to nothing") {
  DraftExperience experience;
  experience.cost = costs({1, 1.06, 1.12, 1.18, 1.24, 1.3, 1.36, 1.42});
  const Draft draft = some_draft(7);
  double cost = 0.0;
  constexpr int kPasses = 200;
  for (int pass = 0; pass < kPasses; ++pass) {
    cost += experience.cost.of(1 + static_cast<int>(length_of(draft, 1, experience)));
    tell(experience, draft, 0);
  }
  CHECK(cost / kPasses < 1.01);
  CHECK(length_of(draft, 1, experience) == 0);
  // Nobody verifies them any more, and yet it is seen that they are right again.
  for (int pass = 0; pass < 10; ++pass) tell(experience, draft, 1);
  CHECK(length_of(draft, 1, experience) > 0);
}

TEST_CASE("what passes cost is a ratio, however fast the machine is just then") {
  PassCost cost = costs({1, 1.2, 1.4, 1.6});
  CHECK(cost.of(1) == 1.0);
  CHECK(cost.of(4) == doctest::Approx(1.6).epsilon(0.05));
  for (int pass = 0; pass < 20; ++pass) cost.learn(4, PassCost::Seconds(16));
  CHECK(cost.of(4) == doctest::Approx(1.6).epsilon(0.1));
}

TEST_CASE("what was not measured lies between what was") {
  PassCost cost;
  CHECK(cost.of(8) > 1.0);
  CHECK(cost.of(8) < 2.0);
  for (int round = 0; round < 40; ++round) {
    cost.learn(1, PassCost::Seconds(1));
    cost.learn(4, PassCost::Seconds(2.5));
    cost.learn(8, PassCost::Seconds(4.5));
  }
  CHECK(cost.of(6) == doctest::Approx(3.5).epsilon(0.05));
  CHECK(cost.of(9) > cost.of(8));
}

#include "decode/drafts.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "decode/draft_length.h"
#include "test_vocabulary.h"

using hotset::Draft;
using hotset::DraftLength;
using hotset::Drafts;
using hotset::DraftSource;
using hotset::Token;
using hotset::Vocabulary;

namespace {

const Vocabulary& vocabulary() {
  static const Vocabulary loaded = hotset::test::load_vocabulary(hotset::test::vocabulary_path("refact"));
  return loaded;
}

std::vector<Token> tokens_of(const std::string& text) { return vocabulary().tokenize(text, false); }

/// Passes of 1 to 8 tokens that take so many seconds.
DraftLength with_costs(const std::vector<double>& seconds) {
  DraftLength length;
  for (int round = 0; round < 40; ++round) {
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      length.learn_cost(static_cast<int>(i) + 1, DraftLength::Seconds(seconds[i]));
    }
  }
  return length;
}

}  // namespace

TEST_CASE("what followed the longest match is drafted, and of equally long ones the latest") {
  const Drafts drafts(vocabulary(),
                      std::vector<Token>{1005, 1006, 1007, 1050, 1051, 1009, 1006, 1007, 1060, 1061, 1008,
                                         1007, 1070, 1005, 1006, 1007},
                      "", "");
  const Draft draft = drafts.next(3);
  CHECK(draft.source == DraftSource::kLongMatch);
  CHECK(draft.tokens == std::vector<Token>{1050, 1051, 1009});
  const Drafts latest(vocabulary(), std::vector<Token>{1007, 1050, 1007, 1060, 1007, 1070, 1007}, "", "");
  CHECK(latest.next(1).tokens == std::vector<Token>{1070});
  CHECK(latest.next(1).source == DraftSource::kShortMatch);
  CHECK(latest.next(9).tokens == std::vector<Token>{1070, 1007});
}

TEST_CASE("what is generated is matched like the prompt") {
  Drafts drafts(vocabulary(), std::vector<Token>{1005, 1006}, "", "");
  CHECK(drafts.next(4).tokens.empty());
  for (const Token token : {1040, 1041, 1042, 1040}) drafts.add(token);
  CHECK(drafts.next(2).tokens == std::vector<Token>{1041, 1042});
}

TEST_CASE("nothing is drafted beyond a mark of the prompt") {
  const Token middle = vocabulary().fim()->middle;
  const Drafts drafts(vocabulary(), std::vector<Token>{1005, 1006, middle, 1008, 1005}, "", "");
  CHECK(drafts.next(4).tokens == std::vector<Token>{1006});
}

TEST_CASE("held bytes and a guess are drafted first, as long as they come true") {
  Drafts drafts(vocabulary(), tokens_of("x = total\n"), "tot", "al(values)\n");
  const auto expected = tokens_of("total(values)\n");
  CHECK(drafts.next(8).tokens == expected);
  CHECK(drafts.next(8).source == DraftSource::kHeld);
  CHECK(drafts.next(1).tokens == std::vector<Token>{expected.front()});
  drafts.add(expected[0]);
  CHECK(drafts.next(8).source == DraftSource::kGuess);
  CHECK(drafts.next(8).tokens == std::vector<Token>(expected.begin() + 1, expected.end()));
  drafts.add(tokens_of("[").front());
  CHECK(drafts.next(8).source != DraftSource::kGuess);
}

TEST_CASE("a longer token may stand in the place of those expected") {
  Drafts drafts(vocabulary(), {}, "ret", "urn x");
  drafts.add(tokens_of("return").front());
  CHECK(drafts.next(8).source == DraftSource::kGuess);
  CHECK(drafts.next(8).tokens == tokens_of(" x"));
}

TEST_CASE("as many tokens are drafted as give most tokens a second") {
  SUBCASE("further tokens cost nothing: all that there are") {
    DraftLength length = with_costs({1, 1, 1, 1, 1, 1, 1, 1});
    CHECK(length.choose(DraftSource::kLongMatch, 1, 7) == 7);
    CHECK(length.choose(DraftSource::kLongMatch, 1, 3) == 3);
    CHECK(length.choose(DraftSource::kLongMatch, 4, 7) == 4);
    CHECK(length.choose(DraftSource::kLongMatch, 8, 7) == 0);
  }
  SUBCASE("each costs as much as the first: none") {
    DraftLength length = with_costs({1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(length.choose(DraftSource::kGuess, 1, 7) == 0);
  }
  SUBCASE("a step in the cost") {
    // 1 + 0.6 + 0.36 + 0.22 = 2.2 for 1.2; with all seven 2.5 for 2.
    DraftLength length = with_costs({1, 1.1, 1.15, 1.2, 2, 2, 2, 2});
    CHECK(length.choose(DraftSource::kLongMatch, 1, 7) == 3);
  }
}

TEST_CASE("a source that is seldom right is not asked for, until it was forgiven") {
  DraftLength length = with_costs({1, 1.3, 1.6, 1.9});
  CHECK(length.choose(DraftSource::kLongMatch, 1, 3) > 0);
  for (int i = 0; i < 60; ++i) length.learn_acceptance(DraftSource::kLongMatch, 3, 0);
  CHECK(length.choose(DraftSource::kLongMatch, 1, 3) == 0);
  CHECK(length.choose(DraftSource::kGuess, 1, 3) > 0);
  int asked = 0;
  while (length.choose(DraftSource::kLongMatch, 1, 3) == 0 && asked < 10'000) ++asked;
  CHECK(asked > 100);
  CHECK(asked < 10'000);
}

TEST_CASE("nothing is known at first, and a little is tried") {
  DraftLength length;
  CHECK(length.choose(DraftSource::kGuess, 1, 7) > 0);
}

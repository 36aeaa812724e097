#include "decode/token_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "test_vocabulary.h"

using hotset::Token;
using hotset::TokenIndex;

namespace {

std::vector<Token> list(std::span<const Token> tokens) { return {tokens.begin(), tokens.end()}; }

}  // namespace

TEST_CASE("tokens that begin alike are found together, whatever their order was") {
  const TokenIndex index({{"return", 0}, {"re", 1}, {"ret", 2}, {"", 3}, {"s", 4}, {"ret", 5}, {"r", 6}});
  CHECK(list(index.beginning_with("ret")) == std::vector<Token>{2, 5, 0});
  CHECK(list(index.beginning_with("")) == std::vector<Token>{6, 1, 2, 5, 0, 4});
  CHECK(index.beginning_with("rex").empty());
  CHECK(list(index.equal_to("ret")) == std::vector<Token>{2, 5});
  CHECK(index.equal_to("retu").empty());
  CHECK(index.has_longer("ret"));
  CHECK(index.has_longer("retu"));
  CHECK_FALSE(index.has_longer("return"));
  CHECK_FALSE(index.has_longer("s"));
}

TEST_CASE("bytes are ordered as numbers from 0 to 255, beyond the eighth as well") {
  const std::string zeros(8, '\0');
  const std::string zero = zeros + '\0';
  const std::string last = zeros + '\xFF';
  const TokenIndex index({{last, 0}, {zeros, 1}, {zero, 2}, {"\xFF", 3}, {"a", 4}});
  CHECK(list(index.beginning_with("")) == std::vector<Token>{1, 2, 0, 4, 3});
  CHECK(list(index.equal_to(zero)) == std::vector<Token>{2});
  CHECK(list(index.beginning_with(zeros)) == std::vector<Token>{1, 2, 0});
}

TEST_CASE("a vocabulary's index has every token of a text under its own bytes, and none that ends one") {
  for (const char* name : {"qwen2", "llama-spm", "deepseek-coder", "refact"}) {
    CAPTURE(name);
    const auto vocabulary = hotset::test::load_vocabulary(hotset::test::vocabulary_path(name));
    const TokenIndex& index = vocabulary.index();
    std::size_t found = 0;
    for (Token token = 0; token < vocabulary.size(); ++token) {
      const auto same = index.equal_to(vocabulary.piece(token));
      const bool is_in = std::ranges::find(same, token) != same.end();
      CHECK_FALSE((is_in && vocabulary.ends_text(token)));
      found += is_in ? 1 : 0;
    }
    CHECK(found == index.beginning_with("").size());
    CHECK(found > static_cast<std::size_t>(vocabulary.size()) * 9 / 10);
  }
}

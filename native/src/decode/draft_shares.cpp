#include "decode/draft_shares.h"

#include <algorithm>

namespace hotset {
namespace {

// Of a new observation, once there are enough: a share follows some thirty of them.
constexpr double kWeight = 0.03;
// Before anything is known: what completions of a code model showed, about. By the tokens that a draft was
// found by, and of all but its first token.
constexpr std::array kFirst = {0.15, 0.25, 0.4, 0.5, 0.65};
constexpr double kLater = 0.6;

}  // namespace

DraftShares::DraftShares() {
  static_assert(kFirst.size() == kMatches);
  ByMatch assumed;
  for (std::size_t match = 0; match < kMatches; ++match) {
    assumed[match].fill({.right = kLater});
    assumed[match].front().right = kFirst[match];
  }
  shares_.fill(assumed);
}

double DraftShares::of(const Draft& draft, std::size_t place) const {
  const ByPlace& shares = shares_[static_cast<std::size_t>(draft.source)][match_of(draft)];
  return shares[std::min(place, kPlaces - 1)].right;
}

void DraftShares::learn(const Draft& draft, std::span<const Token> said) {
  ByPlace& shares = shares_[static_cast<std::size_t>(draft.source)][match_of(draft)];
  const std::size_t judged = std::min(draft.tokens.size(), said.size());
  for (std::size_t place = 0; place < judged; ++place) {
    const bool is_right = draft.tokens[place] == said[place];
    Share& share = shares[std::min(place, kPlaces - 1)];
    ++share.asked;
    // What was assumed counts as one observation.
    const double weight = std::max(kWeight, 1.0 / (share.asked + 1));
    share.right += weight * ((is_right ? 1.0 : 0.0) - share.right);
    if (!is_right) return;
  }
}

}  // namespace hotset

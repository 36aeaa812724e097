// How often drafts are right: by their source, by how many tokens they were found by, and by the place in the
// draft, each place asked for only where all before it were right.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "decode/drafts.h"

namespace hotset {

class DraftShares {
 public:
  DraftShares();

  /// Probability that the token at `place` is right where all before it are.
  double of(const Draft& draft, std::size_t place) const;

  /// Learns from what the model said in the place of a draft, whether it was verified or not.
  void learn(const Draft& draft, std::span<const Token> said);

 private:
  static constexpr std::size_t kPlaces = 4;   // further ones count as the last
  static constexpr std::size_t kMatches = 5;  // 0, 1, 2, 3 tokens, and more

  struct Share {
    double right;
    int asked = 0;
  };
  using ByPlace = std::array<Share, kPlaces>;
  using ByMatch = std::array<ByPlace, kMatches>;

  static std::size_t match_of(const Draft& draft) { return std::min(draft.matched, kMatches - 1); }

  BySource<ByMatch> shares_;
};

}  // namespace hotset

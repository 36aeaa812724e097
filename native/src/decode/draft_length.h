// How many tokens to draft: as many as give most tokens a second, by what passes of some tokens were measured
// to take and how often the drafts of a source were right. None where drafting loses.
#pragma once

#include <array>
#include <chrono>

#include "decode/decoder.h"
#include "decode/drafts.h"

namespace hotset {

class DraftLength {
 public:
  using Seconds = std::chrono::duration<double>;

  /// Of `available` tokens that a source has drafted, how many are worth verifying in a pass that computes
  /// `columns` tokens anyway. Not at all: a source is forgiven slowly, so that it is tried again.
  int choose(DraftSource source, int columns, int available);

  /// Learns from a pass that computed `columns` tokens.
  void learn_cost(int columns, Seconds took);

  /// Learns from a draft that was verified.
  void learn_acceptance(DraftSource source, int drafted, int accepted);

 private:
  struct Cost {
    int measured = 0;
    double seconds = 0.0;
  };

  double cost_of(int columns) const;
  double& share_of(DraftSource source) { return accepted_[static_cast<std::size_t>(source)]; }

  // Before anything is known: shares measured on completions of a code model.
  static constexpr BySource<double> kExpected = {0.7, 0.8, 0.4, 0.6};

  BySource<double> accepted_ = kExpected;
  std::array<Cost, kMostOutputs + 1> costs_ = {};
};

}  // namespace hotset

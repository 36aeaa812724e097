// How uncertain a model is of its next token, by what it was uncertain of lately.
#pragma once

#include <array>
#include <cstddef>

namespace hotset {

class EntropyRank {
 public:
  /// Returns the share of the last entropies that lie below this one, of equal ones half: 0.5 on average
  /// whatever the text, and before any was seen.
  double add(double entropy);

 private:
  static constexpr std::size_t kWindow = 64;

  std::array<double, kWindow> seen_{};
  std::size_t count_ = 0;
};

}  // namespace hotset

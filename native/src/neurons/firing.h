// Which neurons fired while tokens were decoded, for whoever watches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hotset {

/// Of tokens that were computed alone.
struct Firing {
  int tokens = 0;
  /// [layers][neurons], of how many of the tokens each fired, by its place in the layer's LayerSplit::order;
  /// 0 for those that the GPU computes, which tells of none.
  std::vector<std::uint16_t> counts;
};

/// Nothing is kept, and nothing costs anything, while it is off.
class FiringWatch {
 public:
  /// Forgets what was kept.
  void start(int layers, int neurons);
  void stop();

  bool is_on() const { return !places_.empty(); }

  /// Of the token that is computed now: the places that fired.
  void see(int layer, std::span<const int> places);

  /// The token was computed whole.
  void end_token();

  /// Takes what was kept since the last call.
  Firing take();

 private:
  int neurons_ = 0;
  std::vector<std::vector<int>> places_;  ///< [layers], of the token that is computed now
  Firing firing_;
};

}  // namespace hotset

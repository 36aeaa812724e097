// Quantiles of a stream of magnitudes too long to keep: an even sample of it (reservoir sampling, Vitter's
// algorithm R).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hotset {

class MagnitudeSample {
 public:
  void add(float magnitude);

  bool empty() const { return kept_.empty(); }

  /// The 0%, 1% ... 100% quantiles of what was added. Precondition: !empty().
  std::vector<float> percentiles() const;

 private:
  std::uint64_t next_random();

  std::uint64_t seen_ = 0;
  std::uint64_t state_ = 0;
  std::vector<float> kept_;
};

}  // namespace hotset

#include "neurons/entropy_rank.h"

#include <algorithm>
#include <span>

namespace hotset {

double EntropyRank::add(double entropy) {
  const auto known = std::span(seen_).first(std::min(count_, kWindow));
  const auto below = std::ranges::count_if(known, [&](double seen) { return seen < entropy; });
  const auto equal = std::ranges::count(known, entropy);
  const double rank = known.empty() ? 0.5
                                    : (static_cast<double>(below) + static_cast<double>(equal) / 2) /
                                          static_cast<double>(known.size());
  seen_[count_++ % kWindow] = entropy;
  return rank;
}

}  // namespace hotset

#include "decode/draft_length.h"

#include <algorithm>

namespace hotset {

DraftChoice choose_draft(std::span<const Draft> drafts, int columns, const DraftExperience& experience) {
  const auto room = static_cast<std::size_t>(std::max(0, kMostOutputs - columns));
  DraftChoice best;
  double best_rate = 1.0 / experience.cost.of(columns);
  for (std::size_t index = 0; index < drafts.size(); ++index) {
    const Draft& draft = drafts[index];
    double expected = 1.0;
    double all_right = 1.0;
    for (std::size_t length = 1; length <= std::min(room, draft.tokens.size()); ++length) {
      all_right *= experience.shares.of(draft, length - 1);
      expected += all_right;
      const double rate = expected / experience.cost.of(columns + static_cast<int>(length));
      if (rate <= best_rate) continue;
      best_rate = rate;
      best = {.draft = index, .length = length};
    }
  }
  return best;
}

}  // namespace hotset

// How many tokens of a draft to verify: as many as give most tokens a second, by what passes of some tokens
// were measured to take and how often such drafts were right. None where drafting loses.
#pragma once

#include <span>

#include "decode/draft_shares.h"
#include "decode/drafts.h"
#include "decode/pass_cost.h"

namespace hotset {

/// What was learned of a machine and a model; it serves all generations.
struct DraftExperience {
  PassCost cost;
  DraftShares shares;
};

struct DraftChoice {
  std::size_t draft = 0;   ///< index of the draft
  std::size_t length = 0;  ///< of its tokens; 0: none is worth it
};

/// Which of `drafts` to verify in a pass that computes `columns` tokens anyway, and how much of it.
DraftChoice choose_draft(std::span<const Draft> drafts, int columns, const DraftExperience& experience);

}  // namespace hotset

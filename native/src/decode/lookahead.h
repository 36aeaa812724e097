// Verifies drafts while a text is decoded: a pass computes the logits behind several tokens at once, and
// those of them stay that the model itself would have chosen.
#pragma once

#include <optional>
#include <span>

#include "decode/continuation.h"
#include "decode/draft_length.h"
#include "decode/drafts.h"
#include "decode/generation.h"

namespace hotset {

class Lookahead {
 public:
  struct Verified {
    Token token;                     ///< the one chosen last, which is not computed yet
    int accepted;                    ///< tokens of the draft that stay
    std::optional<StopReason> stop;  ///< as of Continuation
  };

  /// is_on: whether anything is drafted at all. All of these must outlive it.
  Lookahead(const Vocabulary& vocabulary, std::span<const Token> prompt, const GenerateOptions& options,
            bool is_on, DraftLength& length);

  /// What to compute behind `columns` tokens that a pass computes anyway, at most `most` tokens.
  std::span<const Token> draft(std::size_t columns, int most);

  /// Chooses the next tokens from the logits of such a pass: row-major [1 + drafted, n_vocab], of the last
  /// token before the draft and of each of the draft's. took: by the pass.
  Verified verify(Continuation& continuation, std::span<const float> logits, DraftLength::Seconds took);

  /// Fills in passes and drafts.
  void tell(Generation& generation) const;

 private:
  void count(int accepted, bool was_judged);

  Drafts drafts_;
  bool is_on_;
  DraftLength& length_;
  Draft draft_;
  int columns_ = 0;  ///< of the pass that was asked for last
  int passes_ = 0;
  BySource<DraftCount> counts_ = {};
};

}  // namespace hotset

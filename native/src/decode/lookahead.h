// Verifies drafts while a text is decoded: a pass computes the logits behind several tokens at once, and
// those of them stay that the model itself would have chosen.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "decode/continuation.h"
#include "decode/draft_length.h"
#include "decode/drafts.h"
#include "decode/generation.h"
#include "decode/said_tokens.h"

namespace hotset {

class Lookahead {
 public:
  struct Verified {
    Token token;                     ///< the one chosen last, which is not computed yet
    int accepted;                    ///< tokens of the draft that stay
    std::optional<StopReason> stop;  ///< as of Continuation
  };

  /// What earlier generations have left to draft from, and to be left to later ones.
  struct Memory {
    DraftExperience experience;
    SaidTokens said;
  };

  /// is_on: whether anything is drafted, learned and left at all. All of these must outlive it.
  Lookahead(const Vocabulary& vocabulary, std::span<const Token> prompt, const GenerateOptions& options,
            bool is_on, Memory& memory);

  /// What to compute behind `columns` tokens that a pass computes anyway, at most `most` tokens.
  std::span<const Token> draft(std::size_t columns, int most);

  /// The same for a draft that is somebody else's, behind one token.
  void take(Draft draft);

  /// Chooses the next tokens from the logits that `decoder` has of such a pass, of the last token before the
  /// draft and of each of the draft's. took: by the pass.
  Verified verify(Continuation& continuation, Decoder& decoder, PassCost::Seconds took);

  /// Fills in passes and drafts, once there was a reason to stop, and leaves what was said to later ones.
  void tell(Generation& generation);

 private:
  std::span<const Token> chosen() const;
  void learn(std::span<const Token> said, PassCost::Seconds took);
  void count(std::size_t accepted);

  Drafts drafts_;
  bool is_on_;
  Memory& memory_;
  std::vector<Draft> candidates_;
  DraftChoice choice_;
  int columns_ = 0;  ///< of the pass that was asked for last
  int passes_ = 0;
  BySource<DraftCount> counts_ = {};
};

}  // namespace hotset

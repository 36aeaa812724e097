// Neurons that are left out come back: tokens that are said sparsely are drafts for a dense pass to verify,
// or are computed anew, densely, once there are some of them.
#pragma once

#include <vector>

#include "decode/decoder.h"
#include "decode/sequences.h"
#include "decode/vocabulary.h"

namespace hotset {

/// What the decoder says behind `token` with neurons left out, at most `most` tokens; nothing stays of them.
/// Fewer where `cancel` or the text ended them. Precondition: the decoder only chooses.
std::vector<Token> draft_sparsely(Decoder& decoder, Sequences& sequences, const Vocabulary& vocabulary,
                                  Token token, int most, const CancelFlag& cancel);

class Corrections {
 public:
  /// every: 0: never
  Corrections(Decoder& decoder, Sequences& sequences, int every)
      : decoder_(decoder), sequences_(sequences), every_(every) {}

  /// What to compute for `token`, the one behind all that was computed: in front of it may be others that are
  /// computed again.
  std::vector<Token> with(Token token);

 private:
  Decoder& decoder_;
  Sequences& sequences_;
  int every_;
  std::vector<Token> sparse_;  ///< computed sparsely since the last correction
};

}  // namespace hotset

#include "decode/sparse_drafts.h"

#include <utility>

#include "decode/softmax.h"

namespace hotset {

std::vector<Token> draft_sparsely(Decoder& decoder, Sequences& sequences, const Vocabulary& vocabulary,
                                  Token token, int most, const CancelFlag& cancel) {
  const int before = sequences.length();
  std::vector<Token> drafted;
  decoder.compute_all(false);
  while (static_cast<int>(drafted.size()) < most && sequences.append({&token, 1}, 1, cancel)) {
    token = static_cast<Token>(softmax_parts(decoder.logits()).place);
    drafted.push_back(token);
    if (vocabulary.ends_text(token)) break;
  }
  sequences.truncate(before);
  decoder.compute_all(true);
  return drafted;
}

std::vector<Token> Corrections::with(Token token) {
  if (every_ == 0) return {token};
  const bool is_due = static_cast<int>(sparse_.size()) == every_;
  decoder_.compute_all(is_due);
  if (!is_due) {
    sparse_.push_back(token);
    return {token};
  }
  sequences_.truncate(sequences_.length() - every_);
  std::vector<Token> all = std::exchange(sparse_, {});
  all.push_back(token);
  return all;
}

}  // namespace hotset

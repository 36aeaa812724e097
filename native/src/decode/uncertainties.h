// How uncertain the model was of what comes next in each of several sequences: the entropy of the logits that
// were computed behind its last token.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "decode/decoder.h"

namespace hotset {

struct Uncertainty {
  double entropy;  ///< in nats, a number
  std::chrono::duration<double> took;
};

class Uncertainties {
 public:
  explicit Uncertainties(int sequences) : known_(static_cast<std::size_t>(sequences)) {}

  /// The next row of logits is behind the sequence's first `length` tokens.
  void add_row(int sequence, int length) { rows_.push_back({.sequence = sequence, .length = length}); }
  void forget_rows() { rows_.clear(); }

  /// Forgets what is known behind the sequence's first `length` tokens.
  void forget_behind(int sequence, int length);

  /// Takes over the rows' entropies before they are overwritten, and forgets the rows. Some of the sequences
  /// may have been cut behind drafts. logits: [rows, width], empty: nobody asks for entropies. held: the
  /// tokens of each sequence.
  void keep(std::span<const float> logits, std::size_t width, std::span<const std::vector<Token>> held);

  /// Behind the sequence's first `length` tokens, if it is known and a number.
  std::optional<Uncertainty> behind(int sequence, int length) const;

 private:
  struct Row {
    int sequence;
    int length;
  };
  struct Known {
    int length = -1;
    Uncertainty uncertainty = {};
  };

  std::vector<Row> rows_;
  std::vector<Known> known_;  ///< of each sequence
};

}  // namespace hotset

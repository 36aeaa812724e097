// Which rows of a KV cache each of several sequences consists of. Sequences that begin alike share the rows
// of what they begin with.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <span>
#include <vector>

namespace hotset {

class KvCells {
 public:
  /// All sequences are empty.
  KvCells(int cells, int sequences);

  /// Cells that belong to no sequence.
  int free() const { return static_cast<int>(free_.size()); }

  /// The cell of each position.
  std::span<const std::int32_t> of(int sequence) const { return sequences_[index(sequence)]; }

  /// Adds free cells, the lowest ones: attention looks at all cells up to the highest. Precondition: count <=
  /// free().
  void append(int sequence, int count);

  /// Takes away what lies behind the first `length` positions. Precondition: 0 <= length <= its length.
  void truncate(int sequence, int length);

  /// Lets `sequence` consist of the first `length` positions of `other`. Precondition: 0 <= length <= the
  /// length of `other`.
  void branch(int sequence, int other, int length);

 private:
  static std::size_t index(std::int32_t number) { return static_cast<std::size_t>(number); }

  std::vector<int> users_;  ///< sequences that each cell belongs to
  std::priority_queue<std::int32_t, std::vector<std::int32_t>, std::greater<>> free_;
  std::vector<std::vector<std::int32_t>> sequences_;
};

}  // namespace hotset

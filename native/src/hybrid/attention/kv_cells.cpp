#include "hybrid/attention/kv_cells.h"

namespace hotset {

KvCells::KvCells(int cells, int sequences) : users_(index(cells)), sequences_(index(sequences)) {
  for (std::int32_t cell = 0; cell < cells; ++cell) free_.push(cell);
}

void KvCells::append(int sequence, int count) {
  for (int i = 0; i < count; ++i) {
    sequences_[index(sequence)].push_back(free_.top());
    users_[index(free_.top())] = 1;
    free_.pop();
  }
}

void KvCells::truncate(int sequence, int length) {
  std::vector<std::int32_t>& cells = sequences_[index(sequence)];
  for (const std::int32_t cell : std::span(cells).subspan(index(length))) {
    if (--users_[index(cell)] == 0) free_.push(cell);
  }
  cells.resize(index(length));
}

void KvCells::branch(int sequence, int other, int length) {
  const auto shared = of(other).first(index(length));
  for (const std::int32_t cell : shared) ++users_[index(cell)];
  std::vector<std::int32_t> cells(shared.begin(), shared.end());
  truncate(sequence, 0);
  sequences_[index(sequence)] = std::move(cells);
}

}  // namespace hotset

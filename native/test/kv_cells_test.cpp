#include "hybrid/attention/kv_cells.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

using hotset::KvCells;

namespace {

std::vector<std::int32_t> cells_of(const KvCells& cells, int sequence) {
  const auto own = cells.of(sequence);
  return {own.begin(), own.end()};
}

}  // namespace

TEST_CASE("a sequence gets the lowest cells that are free") {
  KvCells cells(6, 2);
  cells.append(0, 2);
  cells.append(1, 2);
  cells.truncate(0, 1);
  cells.append(1, 2);
  CHECK(cells_of(cells, 0) == std::vector<std::int32_t>{0});
  CHECK(cells_of(cells, 1) == std::vector<std::int32_t>{2, 3, 1, 4});
  CHECK(cells.free() == 1);
}

TEST_CASE("cells that sequences share are free once the last of them is done with them") {
  KvCells cells(4, 3);
  cells.append(0, 3);
  cells.branch(1, 0, 2);
  CHECK(cells.free() == 1);
  cells.append(1, 1);
  CHECK(cells_of(cells, 1) == std::vector<std::int32_t>{0, 1, 3});
  cells.truncate(0, 0);
  CHECK(cells.free() == 1);
  CHECK(cells_of(cells, 1) == std::vector<std::int32_t>{0, 1, 3});
  cells.truncate(1, 1);
  CHECK(cells.free() == 3);
}

TEST_CASE("a sequence can be cut down to its own beginning") {
  KvCells cells(4, 2);
  cells.append(0, 4);
  cells.branch(0, 0, 1);
  CHECK(cells_of(cells, 0) == std::vector<std::int32_t>{0});
  CHECK(cells.free() == 3);
}

TEST_CASE("whatever is done with them, no two sequences write to one cell") {
  std::mt19937 random(3);
  constexpr int kCells = 40;
  constexpr int kSequences = 4;
  KvCells cells(kCells, kSequences);
  for (int step = 0; step < 2000; ++step) {
    const auto sequence = static_cast<int>(random() % kSequences);
    const auto other = static_cast<int>(random() % kSequences);
    const auto length = static_cast<int>(cells.of(sequence).size());
    const std::vector<std::int32_t> before = cells_of(cells, other);
    if (random() % 3 == 0) {
      cells.truncate(sequence, static_cast<int>(random() % static_cast<unsigned>(length + 1)));
    } else if (random() % 2 == 0) {
      const auto most = static_cast<unsigned>(before.size());
      cells.branch(sequence, other, static_cast<int>(random() % (most + 1)));
    } else {
      cells.append(sequence, static_cast<int>(random() % static_cast<unsigned>(cells.free() + 1)));
      for (int place = length; place < static_cast<int>(cells.of(sequence).size()); ++place) {
        for (int user = 0; user < kSequences; ++user) {
          const auto used = cells.of(user);
          const auto times = std::ranges::count(used, cells.of(sequence)[static_cast<std::size_t>(place)]);
          CHECK(times == (user == sequence ? 1 : 0));
        }
      }
    }
    if (other != sequence) CHECK(cells_of(cells, other) == before);
    std::vector<bool> is_used(kCells);
    for (int user = 0; user < kSequences; ++user) {
      for (const std::int32_t cell : cells.of(user)) is_used[static_cast<std::size_t>(cell)] = true;
    }
    CHECK(cells.free() == std::ranges::count(is_used, false));
  }
}

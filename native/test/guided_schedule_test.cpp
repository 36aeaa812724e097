// Every item of a step goes to one thread, whoever comes first.
#include "runtime/guided_schedule.h"

#include <doctest/doctest.h>

#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

namespace {

using hotset::GuidedSchedule;
using hotset::Range;

/// What each of the threads got, step after step.
using Pieces = std::vector<std::vector<Range>>;

/// As ggml computes nodes: nobody begins a step before all have finished the one before.
Pieces deal(int count, int threads, int steps) {
  GuidedSchedule schedule;
  Pieces pieces(static_cast<std::size_t>(threads));
  std::barrier barrier(threads);
  {
    std::vector<std::jthread> team;
    for (auto& own : pieces) {
      team.emplace_back([&] {
        for (int step = 0; step < steps; ++step) {
          schedule.each(count, threads, [&](Range piece) { own.push_back(piece); });
          barrier.arrive_and_wait();
        }
      });
    }
  }
  return pieces;
}

/// How often each item was dealt out.
std::vector<int> times_dealt(const Pieces& pieces, int count) {
  std::vector<int> times(static_cast<std::size_t>(count));
  for (const auto& own : pieces) {
    for (const Range piece : own) {
      for (int item = piece.begin; item < piece.end; ++item) ++times[static_cast<std::size_t>(item)];
    }
  }
  return times;
}

}  // namespace

TEST_CASE("a guided schedule deals out every item once in each step") {
  constexpr int kSteps = 50;
  for (const int threads : {1, 2, 5}) {
    for (const int count : {0, 1, 15, 16, 17, 1000, 11008}) {
      CAPTURE(threads);
      CAPTURE(count);
      const std::vector<int> expected(static_cast<std::size_t>(count), kSteps);
      CHECK(times_dealt(deal(count, threads, kSteps), count) == expected);
    }
  }
}

TEST_CASE("a guided schedule begins with long pieces and ends with short ones") {
  constexpr int kCount = 1000;
  GuidedSchedule schedule;
  std::vector<Range> pieces;
  schedule.each(kCount, 2, [&](Range piece) { pieces.push_back(piece); });
  REQUIRE(pieces.size() > 3);
  CHECK(pieces[0].end == 375);  // three quarters of 500
  CHECK(pieces[1].end == 750);
  CHECK(pieces.back().end == kCount);
  for (std::size_t i = 2; i < pieces.size(); ++i) {
    const int length = pieces[i].end - pieces[i].begin;
    CHECK(pieces[i].begin == pieces[i - 1].end);
    CHECK(length <= pieces[i - 1].end - pieces[i - 1].begin);
    CHECK((length % GuidedSchedule::kSmallestPiece == 0 || pieces[i].end == kCount));
  }
}

TEST_CASE("a thread alone gets everything at once") {
  GuidedSchedule schedule;
  int pieces = 0;
  schedule.each(1000, 1, [&](Range piece) {
    CHECK(piece.end - piece.begin == 1000);
    ++pieces;
  });
  CHECK(pieces == 1);
}

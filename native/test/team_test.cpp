// Parts of nodes are computed once each, whoever comes, and nobody waits for a thread that does not.
#include "runtime/team.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "runtime/node_parts.h"

namespace {

using hotset::Team;

/// The parts that in_parts() calls it for, as they come; `threads` as it is told.
struct Calls {
  std::atomic<int> count{0};
  std::vector<int> of_part = std::vector<int>(16);
  std::atomic<int> threads{0};
};

void note(ggml_tensor* /*node*/, int part, int threads, void* calls) {
  auto& own = *static_cast<Calls*>(calls);
  own.count.fetch_add(1);
  own.threads = threads;
  ++own.of_part[static_cast<std::size_t>(part)];
}

}  // namespace

TEST_CASE("a team computes every part once, and has computed all of them when it says so") {
  constexpr int kJobs = 3000;
  for (const int threads : {1, 2, 3, 8}) {
    CAPTURE(threads);
    Team team(threads);
    CHECK(team.threads() == threads);
    // No atomics: each part is one thread's, and the caller's once all have ended.
    std::vector<int> times(static_cast<std::size_t>(threads));
    int wrong = 0;
    for (int job = 1; job <= kJobs; ++job) {
      team.each_part([&](int part) { ++times[static_cast<std::size_t>(part)]; });
      for (const int count : times) wrong += count == job ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("what a team's helpers do not come for, the caller computes") {
  constexpr int kParts = 5;
  Team team(kParts, 0);
  std::vector<std::thread::id> by(kParts);
  team.each_part([&](int part) { by[static_cast<std::size_t>(part)] = std::this_thread::get_id(); });
  CHECK(by == std::vector<std::thread::id>(kParts, std::this_thread::get_id()));
}

TEST_CASE("a team's helpers take parts while the caller is busy, and are woken where they slept") {
  Team team(3, 1);
  for (int job = 0; job < 3; ++job) {
    // Long enough for a helper to fall asleep.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<int> by_helper{0};
    const auto caller = std::this_thread::get_id();
    team.each_part([&](int) {
      if (std::this_thread::get_id() != caller) {
        by_helper.fetch_add(1);
        by_helper.notify_one();
        return;
      }
      for (int seen = by_helper; seen < 2; seen = by_helper) by_helper.wait(seen);
    });
    CHECK(by_helper == 2);
  }
}

TEST_CASE("a node is shared out by ggml, or by the team of the thread that computes it alone") {
  Calls by_ggml;
  Team team(3);
  {
    const hotset::TeamVisit visit(team);
    hotset::in_parts<note>(nullptr, 1, 2, &by_ggml);
  }
  CHECK(by_ggml.count == 1);
  CHECK(by_ggml.threads == 2);
  CHECK(by_ggml.of_part[1] == 1);

  Calls alone;
  hotset::in_parts<note>(nullptr, 0, 1, &alone);
  CHECK(alone.count == 1);
  CHECK(alone.threads == 1);

  Calls by_team;
  {
    const hotset::TeamVisit visit(team);
    hotset::in_parts<note>(nullptr, 0, 1, &by_team);
  }
  CHECK(by_team.count == 3);
  CHECK(by_team.threads == 3);
  for (std::size_t part = 0; part < 3; ++part) CHECK(by_team.of_part[part] == 1);
}

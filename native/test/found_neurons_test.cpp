// What several threads found is visited as if one had found it.
#include "hybrid/sparse/found_neurons.h"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <vector>

namespace {

using hotset::FoundNeurons;
using hotset::Range;
using hotset::visit_runs;

void look_at(FoundNeurons& own, int first_item, const std::vector<int>& firing) {
  for (const int place : firing) own.add_if(true, place, 1.0F);
  own.end_run(first_item);
}

std::vector<int> visited(const std::array<FoundNeurons, 3>& team) {
  std::vector<int> places;
  const auto found_by = [&](std::size_t thread) -> const FoundNeurons& { return team[thread]; };
  visit_runs(team.size(), found_by, [&](const FoundNeurons& found, Range range) {
    for (int i = range.begin; i < range.end; ++i) places.push_back(found.places[static_cast<std::size_t>(i)]);
  });
  return places;
}

}  // namespace

TEST_CASE("runs are visited in the order of their items, whoever found them") {
  std::array<FoundNeurons, 3> team{FoundNeurons(100), FoundNeurons(100), FoundNeurons(100)};
  look_at(team[1], 0, {3, 7});
  look_at(team[0], 16, {16});
  look_at(team[0], 32, {});
  look_at(team[1], 48, {50, 51});
  look_at(team[0], 64, {64});
  CHECK(visited(team) == std::vector<int>{3, 7, 16, 50, 51, 64});
  for (FoundNeurons& own : team) own.clear();
  CHECK(visited(team).empty());
}

TEST_CASE("a neuron that stays silent leaves no trace") {
  FoundNeurons found(10);
  found.add_if(true, 1, 0.5F);
  found.add_if(false, 2, -0.5F);
  found.add_if(true, 3, 0.25F);
  CHECK(found.count == 2);
  CHECK(found.places[1] == 3);
  CHECK(found.values[1] == 0.25F);
}

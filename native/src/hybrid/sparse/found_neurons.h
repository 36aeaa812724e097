// Neurons that the threads of a team found to fire.
#pragma once

#include <ggml.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "runtime/shares.h"

namespace hotset {

/// Those that one thread found for one token, in the order it looked at them.
struct FoundNeurons {
  /// Neurons found among one run of the items that the team looked at.
  struct Run {
    int first_item;
    int end;  ///< of the places
  };

  explicit FoundNeurons(std::size_t neurons) : places(neurons), values(neurons) {}

  void clear() {
    count = 0;
    runs.clear();
  }

  void add_if(bool fires, int place, float gate) {
    places[static_cast<std::size_t>(count)] = place;
    values[static_cast<std::size_t>(count)] = gate;
    count += fires ? 1 : 0;
  }

  void end_run(int first_item) { runs.push_back({.first_item = first_item, .end = count}); }

  // One more than can be found: add_if() writes before it decides.
  std::vector<int> places;
  std::vector<float> values;  ///< the gate's product first, the activation after the second step
  int count = 0;
  std::vector<Run> runs;  ///< in ascending order
};

/// Calls visit(neurons, range of them) for all runs of all threads, in the order of their items.
/// found_by(thread) is what each of the `threads` found.
template <typename FoundBy, typename Visit>
void visit_runs(std::size_t threads, const FoundBy& found_by, const Visit& visit) {
  std::array<std::size_t, GGML_MAX_N_THREADS> next;
  std::fill_n(next.begin(), threads, 0);
  while (true) {
    const FoundNeurons* first = nullptr;
    std::size_t finder = 0;
    for (std::size_t thread = 0; thread < threads; ++thread) {
      const FoundNeurons& found = found_by(thread);
      if (next[thread] == found.runs.size()) continue;
      const bool earlier =
          first == nullptr || found.runs[next[thread]].first_item < first->runs[next[finder]].first_item;
      if (!earlier) continue;
      first = &found;
      finder = thread;
    }
    if (first == nullptr) return;
    const std::size_t run = next[finder]++;
    visit(*first, Range{.begin = run == 0 ? 0 : first->runs[run - 1].end, .end = first->runs[run].end});
  }
}

}  // namespace hotset

// Nodes of a graph that several threads compute: ggml's, or a team of our own.
#pragma once

#include <ggml.h>

#include <utility>

#include "runtime/team.h"

namespace hotset {

/// Lives while this thread lets ggml compute a graph by itself alone, so that nodes are shared out to a team.
class TeamVisit {
 public:
  explicit TeamVisit(Team& team) : before_(std::exchange(visiting, &team)) {}
  TeamVisit(const TeamVisit&) = delete;
  TeamVisit& operator=(const TeamVisit&) = delete;
  ~TeamVisit() { visiting = before_; }

  /// null: nodes are ggml's to share out.
  static Team* present() { return visiting; }

 private:
  static inline thread_local Team* visiting = nullptr;
  Team* before_;
};

/// For ggml_custom_4d(): calls `compute` once for each part of the node. A team's parts are as many as its
/// threads, but any thread may compute any of them, one after the other: none may wait for another.
template <ggml_custom_op_t compute>
void in_parts(ggml_tensor* node, int thread, int threads, void* self) {
  Team* team = TeamVisit::present();
  if (team == nullptr || threads > 1) {
    compute(node, thread, threads, self);
    return;
  }
  team->each_part([&](int part) { compute(node, part, team->threads(), self); });
}

}  // namespace hotset

// Computes the CPU's stages with several threads.
//
// ggml's threads wait for each other after every node, awake: one that the system does not let run holds up
// all others, who take the processor from it meanwhile. So a stage whose work lies in nodes of our own is
// computed by one thread of ggml's, and a team shares out those nodes; ggml's own threads are left stages
// with products of its own.
#pragma once

#include <ggml-backend.h>

#include <memory>

#include "runtime/handles.h"
#include "runtime/team.h"
#include "runtime/threadpool.h"

namespace hotset {

class CpuThreads {
 public:
  /// is_cancelled(self) is asked between nodes. Throws Error kInternal.
  CpuThreads(int threads, ggml_abort_callback is_cancelled, void* self);

  /// Whether ggml's threads are needed for these nodes.
  static bool needs_ggml(ggml_cgraph* nodes);

  /// by_ggml: see needs_ggml(). Throws Error kInternal.
  ggml_status compute(ggml_cgraph* nodes, bool by_ggml);

 private:
  /// Threads of ggml's.
  struct Pool {
    Pool(int count, ggml_abort_callback is_cancelled, void* self);

    Threadpool threads;
    BackendHandle backend;
  };

  Team team_;
  ggml_abort_callback is_cancelled_;
  void* self_;
  Pool one_;
  std::unique_ptr<Pool> many_;  ///< once they were needed
};

}  // namespace hotset

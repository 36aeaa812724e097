// Tells ThreadSanitizer of the barriers between the nodes of a graph: ggml keeps them, but is built without
// it.
#pragma once

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace hotset {

/// Lives for as long as a thread computes its part of a node, or has a graph computed. What other visits did
/// before they ended is known to those that begin later; what visits do side by side has to be free of races.
/// Costs nothing without ThreadSanitizer.
class [[maybe_unused]] NodeVisit {
 public:
  NodeVisit() { meet(); }
  NodeVisit(const NodeVisit&) = delete;
  NodeVisit& operator=(const NodeVisit&) = delete;
  ~NodeVisit() { meet(); }

 private:
#ifdef __SANITIZE_THREAD__
  static void meet() {
    __tsan_release(&barrier_);
    __tsan_acquire(&barrier_);
  }
  static inline char barrier_ = 0;
#else
  static void meet() {}
#endif
};

}  // namespace hotset
